//! Once a person is forgotten, there is no key.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use annals_core::SubjectKey;
use annals_keys::KeyringOptions;

use crate::world::{Calls, World, person, read, write};

#[tokio::test]
async fn who_is_forgotten_is_so_at_once_and_for_everybody() {
    let world = World::new();
    let keyring = world.keyring();
    write(&keyring, "ada").await;
    let bob = write(&keyring, "bob").await;
    assert!(keyring.forget(&person("ada")).await.unwrap());
    for keyring in [&keyring, &world.keyring()] {
        assert_eq!(read(keyring, "ada").await, Some(SubjectKey::Erased));
        assert_eq!(write(keyring, "ada").await, Some(SubjectKey::Erased));
        assert_eq!(read(keyring, "bob").await, bob);
    }
}

#[tokio::test]
async fn who_never_had_a_key_is_forgotten_as_well() {
    let world = World::new();
    let keyring = world.keyring();
    assert!(!keyring.forget(&person("ada")).await.unwrap());
    assert_eq!(write(&keyring, "ada").await, Some(SubjectKey::Erased));
}

#[tokio::test]
async fn what_was_forgotten_without_an_answer_is_not_remembered() {
    let world = World::new();
    let calls = Arc::new(Calls {
        dies_late: true,
        ..Calls::default()
    });
    let keyring = world.observed(&calls, KeyringOptions::default());
    write(&keyring, "ada").await;
    calls.made_since();
    calls.dies_at.store(1, Ordering::Relaxed);
    keyring.forget(&person("ada")).await.unwrap_err();
    calls.dies_at.store(0, Ordering::Relaxed);
    assert_eq!(read(&keyring, "ada").await, Some(SubjectKey::Erased));
}
