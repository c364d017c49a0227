//! Root keys are replaced, and a crash at any step loses nothing.

use std::sync::Arc;

use annals_core::{KeyStore, KeyStoreError, RootId, RootKeys, StoredKey, SubjectKey};
use annals_keys::KeyringOptions;

use crate::world::{Calls, World, person, read, write};

/// More than are wrapped anew in one transaction.
const PERSONS: usize = 300;

fn name(number: usize) -> String {
    format!("person-{number}")
}

async fn written(world: &World, persons: usize) -> Vec<Option<SubjectKey>> {
    let keyring = world.keyring();
    let mut keys = Vec::new();
    for number in 0..persons {
        keys.push(write(&keyring, &name(number)).await);
    }
    keys
}

async fn assert_all_open(world: &World, keys: &[Option<SubjectKey>]) {
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(world.key(&name(number)).await, *key, "{number}");
    }
}

#[tokio::test]
async fn all_keys_are_wrapped_anew_and_stay_what_they_are() {
    let world = World::new();
    let keys = written(&world, PERSONS).await;
    let mut told = Vec::new();
    let keyring = world.keyring();
    let rotated = keyring.rotate_root_keys(|count| told.push(count)).await;
    let root = rotated.unwrap();
    assert_eq!(root, world.roots.current().await.unwrap());
    assert_eq!(told, [256, 300]);
    let others = world.store.wrapped_otherwise(&root, 1).await.unwrap();
    assert_eq!(others, []);
    assert_all_open(&world, &keys).await;
}

#[tokio::test]
async fn an_old_copy_of_the_key_store_is_noise_once_root_keys_were_replaced() {
    let world = World::new();
    written(&world, 1).await;
    let ada = person(&name(0));
    let copies = world.store.find(std::slice::from_ref(&ada)).await.unwrap();
    let Some(StoredKey::Living(copy)) = &copies[0] else {
        panic!("no key");
    };
    assert!(world.roots.unwrap(&ada, copy).await.is_ok());
    world.keyring().forget(&ada).await.unwrap();
    assert!(world.roots.unwrap(&ada, copy).await.is_ok(), "not yet");
    world.keyring().rotate_root_keys(|_| {}).await.unwrap();
    let refused = world.roots.unwrap(&ada, copy).await.unwrap_err();
    assert!(
        matches!(refused, KeyStoreError::Damaged { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_crash_at_any_step_loses_nothing_and_the_next_one_goes_on() {
    for dies_late in [false, true] {
        for dies_at in 1.. {
            let world = World::new();
            let keys = written(&world, 3).await;
            let first = world.roots.current().await.unwrap();
            let calls = Arc::new(Calls {
                dies_at: dies_at.into(),
                dies_late,
                ..Calls::default()
            });
            let dying = world.observed(&calls, KeyringOptions::default());
            let ended = dying.rotate_root_keys(|_| {}).await;
            assert_all_open(&world, &keys).await;

            let next = world.keyring();
            let root = next.rotate_root_keys(|_| {}).await.unwrap();
            assert_all_open(&world, &keys).await;
            assert_ne!(root, first);
            assert!(is_alone(&world, &root).await);
            if ended.is_ok() {
                assert!(calls.made_since() > 5, "it dies at every step");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_rotation_that_was_broken_off_goes_on_with_the_root_key_it_made() {
    let world = World::new();
    written(&world, 1).await;
    let begun = world.roots.begin_rotation().await.unwrap();
    let root = world.keyring().rotate_root_keys(|_| {}).await.unwrap();
    assert_eq!(root, begun);
}

#[tokio::test]
async fn what_was_read_amid_a_rotation_is_written_under_only_once_it_is_wrapped_anew() {
    let world = World::new();
    write(&world.keyring(), "ada").await;
    let root = world.roots.begin_rotation().await.unwrap();
    let keyring = world.keyring();
    let key = read(&keyring, "ada").await;
    assert_eq!(write(&keyring, "ada").await, key);
    let others = world.store.wrapped_otherwise(&root, 1).await.unwrap();
    assert_eq!(others, []);
}

/// True if there is no root key but this one: only then a rotation that begins makes another.
async fn is_alone(world: &World, root: &RootId) -> bool {
    world.roots.begin_rotation().await.unwrap() != *root
}
