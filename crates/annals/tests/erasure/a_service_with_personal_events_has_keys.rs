//! A service whose events have personal fields has keys by itself, or does not start.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use annals::embedded::EmbeddedStore;
use annals::sqlite::Database;
use annals::{Annals, Error};

use crate::people::Person;
use crate::place::{register, subject};

async fn name_of(service: &Annals, id: &str) -> Option<String> {
    let loaded = service.repository::<Person>().load(id).await.unwrap();
    loaded.state.name.and_then(|name| name.known().cloned())
}

async fn open(directory: &Path) -> Annals {
    let service = Annals::open(directory).aggregate::<Person>();
    service.start().await.unwrap()
}

#[tokio::test]
async fn in_a_directory_keys_are_beside_the_events_and_outlive_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let service = open(directory.path()).await;
    register(&service, "ada", "Ada").await;
    register(&service, "bob", "Bob").await;
    service.erase(&subject("bob")).await.unwrap();
    service.stop().await;
    drop(service);

    let service = open(directory.path()).await;
    assert_eq!(name_of(&service, "ada").await.as_deref(), Some("Ada"));
    assert_eq!(name_of(&service, "bob").await, None);
    assert!(directory.path().join("keys/keys.db").exists());
    assert!(directory.path().join("keys/root").is_dir());
    service.stop().await;
}

#[tokio::test]
async fn keys_are_where_they_are_said_to_be() {
    let (events, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let builder = Annals::open(events.path()).aggregate::<Person>();
    let service = builder.keys_in(keys.path()).start().await.unwrap();
    register(&service, "ada", "Ada").await;
    assert!(keys.path().join("keys.db").exists());
    assert!(!events.path().join("keys").exists());
    service.stop().await;
}

/// A service with somebody in it, that has stopped.
async fn lived_in(directory: &Path, keys: &Path) {
    let builder = Annals::open(directory).aggregate::<Person>();
    let service = builder.keys_in(keys).start().await.unwrap();
    register(&service, "ada", "Ada").await;
    service.stop().await;
}

#[tokio::test]
async fn keys_that_are_not_found_are_not_made_anew() {
    let (events, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mounted = disk.path().join("mounted");
    lived_in(events.path(), &mounted).await;
    let unmounted = disk.path().join("unmounted");
    fs::create_dir(&unmounted).unwrap();

    let service = Annals::open(events.path()).aggregate::<Person>();
    let refused = service.keys_in(&unmounted).start().await.unwrap_err();
    assert!(matches!(refused, Error::KeysMissing { .. }), "{refused}");
    assert_eq!(fs::read_dir(unmounted).unwrap().count(), 0);

    lived_in(events.path(), &mounted).await;
}

#[tokio::test]
async fn root_keys_that_are_not_found_are_not_made_anew() {
    let (events, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    lived_in(events.path(), keys.path()).await;
    let [there, away] = ["root", "away"].map(|name| keys.path().join(name));
    fs::rename(&there, &away).unwrap();

    let service = Annals::open(events.path()).aggregate::<Person>();
    let refused = service.keys_in(keys.path()).start().await.unwrap_err();
    assert!(matches!(refused, Error::RootKeys { .. }), "{refused}");
    let told = refused.to_string();
    for place in [keys.path().join("keys.db"), there.clone()] {
        assert!(told.contains(place.to_str().unwrap()), "{told}");
    }
    assert!(!there.exists());

    fs::rename(away, there).unwrap();
    lived_in(events.path(), keys.path()).await;
}

#[tokio::test]
async fn in_memory_keys_are_as_well() {
    let builder = Annals::in_memory().aggregate::<Person>();
    let service = builder.start().await.unwrap();
    register(&service, "ada", "Ada").await;
    assert_eq!(name_of(&service, "ada").await.as_deref(), Some("Ada"));
    service.stop().await;
}

#[tokio::test]
async fn a_service_without_personal_events_has_no_keys() {
    let directory = tempfile::tempdir().unwrap();
    let service = Annals::open(directory.path()).start().await.unwrap();
    assert!(service.keyring().is_none());
    assert!(!directory.path().join("keys").exists());
    let refused = service.erase(&subject("ada")).await.unwrap_err();
    assert_eq!(refused.to_string(), "the service has no keyring");
    service.stop().await;
}

#[tokio::test]
async fn on_a_store_of_ones_own_a_keyring_must_be_given() {
    let store = Arc::new(EmbeddedStore::in_memory().unwrap());
    let read_models = Arc::new(Database::in_memory().await.unwrap());
    let service = Annals::on(store, read_models).aggregate::<Person>();
    let refused = service.start().await.unwrap_err();
    assert!(matches!(refused, Error::NoKeyring), "{refused}");
}

#[tokio::test]
async fn what_contradicts_is_refused() {
    let refused = Annals::in_memory().keys_in("keys").start().await;
    assert!(
        matches!(refused, Err(Error::KeysElsewhere(_))),
        "{refused:?}"
    );
}
