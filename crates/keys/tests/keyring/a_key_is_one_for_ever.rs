//! A person has one key, from when something is written about them.

use std::sync::Arc;

use annals_core::{KeyStoreError, SubjectKey};
use annals_keys::{
    Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys, Randomness, RootKeyDirectory,
};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD as STANDARD, BASE64_URL_SAFE as URL_SAFE};

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

/// The same secret each time, which is recognized. Nonces, which are no secret, are another.
struct Recognized;

const SECRET: [u8; 32] = *b"\xc3\x91\xe5\xb8\xfa\x9d\xc6\xa7 of which nothing shows\x1f";

impl Randomness for Recognized {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), KeyStoreError> {
        match bytes.len() {
            32 => bytes.copy_from_slice(&SECRET),
            _ => bytes.fill(0),
        }
        Ok(())
    }
}

/// The beginning of the secret, and of what is behind that, in all the ways that bytes are shown.
fn shown_secrets() -> Vec<String> {
    let mut shown = Vec::new();
    for bytes in [&SECRET[..6], &SECRET[6..12]] {
        let decimals = bytes.iter().map(u8::to_string).collect::<Vec<_>>();
        let hex = bytes.iter().map(|it| format!("{it:02x}"));
        let hex = hex.collect::<Vec<_>>();
        shown.extend([decimals.join(", "), hex.join(", "), hex.concat()]);
        shown.push(hex.concat().to_uppercase());
        shown.extend([STANDARD.encode(bytes), URL_SAFE.encode(bytes)]);
    }
    shown.push("of which nothing".to_owned());
    shown
}

#[tokio::test]
async fn no_debug_output_shows_a_secret() {
    let roots = MemoryRootKeys::with_randomness(Arc::new(Recognized)).unwrap();
    let roots = Arc::new(roots);
    let store = Arc::new(MemoryKeyStore::default());
    let kept = Arc::<MemoryKeyStore>::clone(&store);
    let holding = Arc::<MemoryRootKeys>::clone(&roots);
    let keyring = Keyring::new(kept, holding, KeyringOptions::default());
    let keyring = keyring.with_randomness(Arc::new(Recognized));
    let keys = keyring.keys_for_writing(&[person("ada")]).await;
    let keys = keys.unwrap();
    let Some(SubjectKey::Living(key)) = keys.find("ada") else {
        panic!("no key");
    };
    assert_eq!(key.secret(), &SECRET);
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("roots");
    let directory = RootKeyDirectory::open_or_make_with(directory, Arc::new(Recognized));
    let directory = directory.await.unwrap();
    for shown in [
        format!("{keyring:?}"),
        format!("{store:?}"),
        format!("{roots:?}"),
        format!("{directory:?}"),
        format!("{keys:?}"),
        format!("{key:?}"),
    ] {
        for secret in shown_secrets() {
            assert!(!shown.contains(&secret), "{shown} shows {secret}");
        }
    }
}
