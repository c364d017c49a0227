//! What is deleted never comes back.

use std::sync::Arc;

use annals_core::SideStoreError;

use super::subject::{Subject, person, value};

pub(super) async fn what_was_deleted_is_so_for_everybody(subject: Subject) {
    let other = subject.reopened().await;
    let (a, b) = (value("a", 1), value("b", 2));
    subject.put(&[a.clone(), b.clone()]).await;
    subject.delete("a").await;
    for process in [&subject, &other, &subject.reopened().await] {
        assert!(!process.has(&a).await);
        assert!(process.has(&b).await);
        assert_eq!(process.put_refused(&[value("a", 3)]).await, person("a"));
    }
}

pub(super) async fn all_values_of_a_person_are_deleted_and_counted(subject: Subject) {
    let values: Vec<_> = (0..100).map(|number| value("a", number)).collect();
    subject.put(&values).await;
    assert_eq!(subject.delete("a").await, 100);
    assert_eq!(subject.find(&values).await, vec![None; 100]);
}

pub(super) async fn values_of_others_stay(subject: Subject) {
    let others = [value("b", 1), value("A", 1), value("aa", 1)];
    subject.put(&others).await;
    subject.put(&[value("a", 1)]).await;
    assert_eq!(subject.delete("a").await, 1);
    for other in &others {
        assert!(subject.has(other).await, "{}", other.id);
    }
    subject.put(&[value("b", 2)]).await;
}

pub(super) async fn values_are_deleted_once(subject: Subject) {
    subject.put(&[value("a", 1)]).await;
    assert_eq!(subject.delete("a").await, 1);
    assert_eq!(subject.delete("a").await, 0);
}

pub(super) async fn whose_values_were_deleted_has_none_again(subject: Subject) {
    subject.put(&[value("a", 1)]).await;
    subject.delete("a").await;
    for number in [1, 2] {
        let value = value("a", number);
        let refused = subject.put_refused(std::slice::from_ref(&value)).await;
        assert_eq!(refused, person("a"));
        assert!(!subject.has(&value).await);
    }
}

pub(super) async fn who_never_had_any_has_none_ever(subject: Subject) {
    assert_eq!(subject.delete("a").await, 0, "there was none");
    assert_eq!(subject.put_refused(&[value("a", 1)]).await, person("a"));
}

pub(super) async fn what_is_put_and_deleted_at_a_time_ends_deleted(subject: Subject) {
    let other = subject.reopened().await;
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let store = Arc::clone(&other.store);
        let values = [value(name, 1), value(name, 2)];
        let putting = tokio::spawn({
            let values = values.clone();
            async move { store.put(&values).await }
        });
        subject.delete(name).await;
        match putting.await.expect("a side store does not panic") {
            Ok(()) | Err(SideStoreError::Erased(_)) => {}
            Err(error) => panic!("values were not put: {error}"),
        }
        assert_eq!(subject.find(&values).await, [None, None], "{name}");
    }
}
