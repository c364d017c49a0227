//! What is destroyed never comes back.

use std::sync::Arc;

use annals_core::StoredKey;

use super::subject::{Subject, key, living, person};

pub(super) async fn what_was_destroyed_is_so_for_everybody(subject: Subject) {
    let other = subject.reopened().await;
    subject.create("a", key(1, "first")).await;
    subject.create("b", key(2, "first")).await;
    subject.destroy("a").await;
    for process in [&subject, &other, &subject.reopened().await] {
        assert_eq!(process.find("a").await, Some(StoredKey::Destroyed));
        assert_eq!(process.find("b").await, living(key(2, "first")));
    }
}

pub(super) async fn nothing_is_created_for_whom_it_was_destroyed(subject: Subject) {
    subject.create("a", key(1, "first")).await;
    subject.destroy("a").await;
    for number in [1, 2] {
        let created = subject.create("a", key(number, "first")).await;
        assert_eq!(created, StoredKey::Destroyed);
    }
    assert_eq!(subject.find("a").await, Some(StoredKey::Destroyed));
}

pub(super) async fn whose_key_never_was_is_forgotten_as_well(subject: Subject) {
    assert!(!subject.destroy("a").await, "there was none");
    let created = subject.create("a", key(1, "first")).await;
    assert_eq!(created, StoredKey::Destroyed);
}

pub(super) async fn a_key_is_destroyed_once(subject: Subject) {
    subject.create("a", key(1, "first")).await;
    assert!(subject.destroy("a").await);
    assert!(!subject.destroy("a").await);
}

pub(super) async fn what_is_created_and_destroyed_at_a_time_ends_destroyed(subject: Subject) {
    let other = subject.reopened().await;
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let store = Arc::clone(&other.store);
        let creating =
            tokio::spawn(async move { store.create(&person(name), key(1, "first")).await });
        subject.destroy(name).await;
        let created = creating.await.expect("a key store does not panic");
        created.unwrap_or_else(|error| panic!("not created: {error}"));
        assert_eq!(subject.find(name).await, Some(StoredKey::Destroyed));
    }
}
