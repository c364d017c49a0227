//! A person has one key, from when something is written about them.

use annals_core::SubjectKey;

use crate::world::{World, person, read, write};

#[tokio::test]
async fn whom_nothing_was_written_about_has_no_key() {
    let world = World::new();
    let keyring = world.keyring();
    assert_eq!(read(&keyring, "ada").await, None);
    let written = write(&world.keyring(), "ada").await;
    assert_eq!(
        read(&keyring, "ada").await,
        written,
        "that is not remembered"
    );
}

#[tokio::test]
async fn all_processes_read_by_the_key_that_one_wrote_under() {
    let world = World::new();
    let keyring = world.keyring();
    let written = write(&keyring, "ada").await;
    assert!(matches!(written, Some(SubjectKey::Living(_))));
    assert_eq!(write(&keyring, "ada").await, written);
    assert_eq!(read(&world.keyring(), "ada").await, written);
    assert_eq!(write(&world.keyring(), "ada").await, written);
}

#[tokio::test]
async fn persons_have_keys_of_their_own() {
    let world = World::new();
    let subjects = ["ada", "bob", "ada"].map(person);
    let keys = world.keyring().keys_for_writing(&subjects).await;
    let keys = keys.unwrap();
    assert_ne!(keys.find("ada"), keys.find("bob"));
    assert_eq!(keys.find("eve"), None);
    let found = world.keyring().keys_for_reading(&subjects).await;
    let found = found.unwrap();
    for name in ["ada", "bob"] {
        assert_eq!(found.find(name), keys.find(name));
    }
}

#[tokio::test]
async fn no_debug_output_shows_a_secret() {
    let world = World::new();
    let keyring = world.keyring();
    let Some(SubjectKey::Living(key)) = write(&keyring, "ada").await else {
        panic!("no key");
    };
    let secret = format!("{:?}", &key.secret()[..4]);
    let secret = secret.trim_matches(['[', ']']);
    for shown in [
        format!("{keyring:?}"),
        format!("{:?}", world.roots),
        format!("{key:?}"),
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
