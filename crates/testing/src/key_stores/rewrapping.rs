//! Keys are wrapped anew, and stay what they are.

use annals_core::{Rewrapping, StoredKey};

use super::subject::{Subject, key, living, person, root};

pub(super) async fn another_wrapping_takes_the_place_of_the_one_it_was_made_of(subject: Subject) {
    for (number, name) in [(1, "a"), (2, "b")] {
        subject.create(name, key(number, "first")).await;
    }
    let wrapping = |number, name| Rewrapping {
        subject: person(name),
        before: root("first"),
        key: key(number, "second"),
    };
    let wrappings = vec![wrapping(1, "a"), wrapping(2, "b")];
    let rewrapped = subject.store.rewrap(wrappings).await;
    rewrapped.unwrap_or_else(|error| panic!("not wrapped anew: {error}"));
    for process in [&subject, &subject.reopened().await] {
        assert_eq!(process.find("a").await, living(key(1, "second")));
        assert_eq!(process.find("b").await, living(key(2, "second")));
    }
}

pub(super) async fn others_stay_as_they_are(subject: Subject) {
    subject.create("a", key(1, "first")).await;
    subject.create("b", key(2, "first")).await;
    subject.rewrap("a", "first", key(1, "second")).await;
    assert_eq!(subject.find("b").await, living(key(2, "first")));
    subject.rewrap("c", "first", key(3, "second")).await;
    assert_eq!(subject.find("c").await, None, "nothing was there");
}

pub(super) async fn a_wrapping_of_an_earlier_one_changes_nothing(subject: Subject) {
    subject.create("a", key(1, "first")).await;
    subject.rewrap("a", "first", key(1, "third")).await;
    // Of one who stood still since before that.
    subject.rewrap("a", "first", key(1, "second")).await;
    assert_eq!(subject.find("a").await, living(key(1, "third")));
}

pub(super) async fn a_wrapping_of_another_key_changes_nothing(subject: Subject) {
    subject.create("a", key(1, "first")).await;
    subject.rewrap("a", "first", key(2, "second")).await;
    assert_eq!(subject.find("a").await, living(key(1, "first")));
}

pub(super) async fn what_was_destroyed_meanwhile_stays_so(subject: Subject) {
    subject.create("a", key(1, "first")).await;
    subject.destroy("a").await;
    subject.rewrap("a", "first", key(1, "second")).await;
    assert_eq!(subject.find("a").await, Some(StoredKey::Destroyed));
}

pub(super) async fn keys_to_be_wrapped_are_told_up_to_the_limit(subject: Subject) {
    for (number, name) in [(1, "a"), (2, "b"), (3, "c")] {
        subject.create(name, key(number, "first")).await;
    }
    let all =
        [(1, "a"), (2, "b"), (3, "c")].map(|(number, name)| (person(name), key(number, "first")));
    assert_eq!(subject.wrapped_otherwise("second", 3).await, all);
    assert_eq!(subject.wrapped_otherwise("second", 100).await, all);
    let two = subject.wrapped_otherwise("second", 2).await;
    assert_eq!(two.len(), 2);
    assert!(two.iter().all(|one| all.contains(one)));
}

pub(super) async fn neither_the_wrapped_nor_the_destroyed_are_to_be_wrapped(subject: Subject) {
    subject.create("a", key(1, "first")).await;
    subject.create("b", key(2, "second")).await;
    subject.create("c", key(3, "first")).await;
    subject.destroy("c").await;
    let others = subject.wrapped_otherwise("second", 100).await;
    assert_eq!(others, [(person("a"), key(1, "first"))]);
}
