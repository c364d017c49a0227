//! What is wrapped unwraps as what it was, and as nothing else.

use super::subject::{SECRET, Subject, key};

pub(super) async fn a_secret_unwraps_as_it_was(subject: Subject) {
    let wrapped = subject.wrap("a").await;
    assert_eq!(wrapped.id, key(1));
    assert_eq!(wrapped.root, subject.current().await);
    let shows = |bytes: &[u8]| bytes.windows(8).any(|part| SECRET[..8] == *part);
    assert!(!shows(&wrapped.bytes), "the secret shows");
    assert!(subject.unwraps("a", &wrapped).await);
}

pub(super) async fn what_was_wrapped_unwraps_for_everybody(subject: Subject) {
    let other = subject.reopened().await;
    let wrapped = subject.wrap("a").await;
    assert!(other.unwraps("a", &wrapped).await);
    assert!(subject.reopened().await.unwraps("a", &wrapped).await);
}

pub(super) async fn a_wrapping_is_bound_to_its_person_and_key(subject: Subject) {
    let wrapped = subject.wrap("a").await;
    assert!(!subject.unwraps("b", &wrapped).await, "as another person's");
    let mut other = wrapped;
    other.id = key(2);
    assert!(!subject.unwraps("a", &other).await, "as another key");
}

pub(super) async fn a_wrapping_that_was_changed_does_not_unwrap(subject: Subject) {
    let wrapped = subject.wrap("a").await;
    for index in 0..wrapped.bytes.len() {
        let mut changed = wrapped.clone();
        changed.bytes[index] ^= 1;
        assert!(!subject.unwraps("a", &changed).await, "byte {index}");
    }
    for length in [0, 1, wrapped.bytes.len() - 1] {
        let mut cut = wrapped.clone();
        cut.bytes.truncate(length);
        assert!(!subject.unwraps("a", &cut).await, "cut to {length}");
    }
}
