//! A person has one key.

use annals_core::StoredKey;

use super::subject::{Subject, key, living, person};

pub(super) async fn keys_are_found_in_the_order_they_are_asked_for(subject: Subject) {
    subject.create("a", key(1, "first")).await;
    subject.create("c", key(3, "first")).await;
    subject.destroy("d").await;

    let found = subject.find_all(&["d", "c", "b", "a", "c"]).await;
    let c = living(key(3, "first"));
    let (a, destroyed) = (living(key(1, "first")), Some(StoredKey::Destroyed));
    assert_eq!(found, [destroyed, c.clone(), None, a, c]);
    assert_eq!(subject.find_all(&[]).await, []);
}

pub(super) async fn a_key_is_kept_to_the_last_byte(subject: Subject) {
    let mut all_bytes = key(1, "first");
    all_bytes.bytes = (0..=255).collect();
    let created = subject.create("a", all_bytes.clone()).await;
    assert_eq!(created, StoredKey::Living(all_bytes.clone()));
    assert_eq!(subject.find("a").await, living(all_bytes));
}

pub(super) async fn names_of_any_kind_are_told_apart(subject: Subject) {
    let names = [
        "a", "A", " a", "a ", "ä", "a\u{308}", "'; --", "%", "_", "~", "ß", "ss",
    ];
    for (number, name) in (1..).zip(names) {
        subject.create(name, key(number, "first")).await;
    }
    for (number, name) in (1..).zip(names) {
        let found = subject.find(name).await;
        assert_eq!(found, living(key(number, "first")), "{name:?}");
    }
}

pub(super) async fn of_two_keys_the_first_stays(subject: Subject) {
    let first = subject.create("a", key(1, "first")).await;
    assert_eq!(first, StoredKey::Living(key(1, "first")));
    let second = subject.create("a", key(2, "first")).await;
    assert_eq!(second, first);
    assert_eq!(subject.find("a").await, Some(first));
}

pub(super) async fn of_many_that_are_created_at_a_time_all_are_answered_with_one(subject: Subject) {
    let other = subject.reopened().await;
    let mut creating = tokio::task::JoinSet::new();
    for number in 1..=16 {
        let process = if number % 2 == 0 { &subject } else { &other };
        let store = std::sync::Arc::clone(&process.store);
        creating.spawn(async move { store.create(&person("a"), key(number, "first")).await });
    }
    let answers = creating.join_all().await;
    let kept = subject.find("a").await;
    assert!(kept.is_some());
    for answer in answers {
        let answer = answer.unwrap_or_else(|error| panic!("not created: {error}"));
        assert_eq!(Some(answer), kept);
    }
}

pub(super) async fn a_key_that_was_answered_is_there_for_everybody(subject: Subject) {
    let other = subject.reopened().await;
    subject.create("a", key(1, "first")).await;
    assert_eq!(other.find("a").await, living(key(1, "first")));
    let later = subject.reopened().await;
    assert_eq!(later.find("a").await, living(key(1, "first")));
}
