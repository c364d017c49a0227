//! A key that was opened is used again without a look at the store, for a while.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::SubjectKey;
use annals_keys::{Keyring, KeyringOptions};
use tokio::time::advance;

use crate::world::{Calls, World, person, read, write};

const WHILE: Duration = Duration::from_secs(60);

struct Watched {
    world: World,
    calls: Arc<Calls>,
    keyring: Keyring,
}

impl Watched {
    fn remembering(persons: usize) -> Self {
        let world = World::new();
        let calls = Arc::default();
        let options = KeyringOptions {
            remembered: NonZeroUsize::new(persons).unwrap(),
            remember_for: WHILE,
        };
        let keyring = world.observed(&calls, options);
        Self {
            world,
            calls,
            keyring,
        }
    }

    /// True if the key of a person is known without a call.
    async fn remembers(&self, name: &str) -> bool {
        self.calls.made_since();
        read(&self.keyring, name).await;
        self.calls.made_since() == 0
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_remembered_until_its_time_is_over() {
    let watched = Watched::remembering(10);
    write(&watched.keyring, "ada").await;
    advance(WHILE - Duration::from_millis(1)).await;
    assert!(watched.remembers("ada").await);
    advance(Duration::from_millis(1)).await;
    assert!(!watched.remembers("ada").await);
    assert!(watched.remembers("ada").await, "for another while");
}

#[tokio::test(start_paused = true)]
async fn another_process_learns_of_a_destroyed_key_when_its_time_is_over() {
    let watched = Watched::remembering(10);
    write(&watched.keyring, "ada").await;
    let other = watched.world.keyring();
    other.forget(&person("ada")).await.unwrap();
    advance(WHILE).await;
    let found = read(&watched.keyring, "ada").await;
    assert_eq!(found, Some(SubjectKey::Erased));
}

#[tokio::test(start_paused = true)]
async fn another_process_learns_of_a_destroyed_key_at_once_when_it_is_told() {
    let watched = Watched::remembering(10);
    write(&watched.keyring, "ada").await;
    let other = watched.world.keyring();
    other.forget(&person("ada")).await.unwrap();
    watched.keyring.evict(&person("ada"));
    let found = read(&watched.keyring, "ada").await;
    assert_eq!(found, Some(SubjectKey::Erased));
}

#[tokio::test(start_paused = true)]
async fn that_a_key_was_destroyed_is_remembered_for_ever() {
    let watched = Watched::remembering(10);
    watched.keyring.forget(&person("ada")).await.unwrap();
    read(&watched.keyring, "ada").await;
    advance(100 * WHILE).await;
    // What is swept away by then is what has a time.
    write(&watched.keyring, "bob").await;
    assert!(watched.remembers("ada").await);
}

#[tokio::test(start_paused = true)]
async fn no_more_keys_are_remembered_than_there_is_room_for() {
    let watched = Watched::remembering(2);
    for name in ["ada", "bob"] {
        write(&watched.keyring, name).await;
    }
    assert!(watched.remembers("ada").await);
    write(&watched.keyring, "eve").await;
    assert!(
        !watched.remembers("bob").await,
        "it was used before the others"
    );
}
