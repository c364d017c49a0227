//! What was put is there, as it was.

use std::sync::Arc;

use annals_core::{SideId, SideValue, limits};

use super::subject::{Subject, person, value};

pub(super) async fn values_are_found_in_the_order_they_are_asked_for(subject: Subject) {
    let (a, b, c) = (value("a", 1), value("a", 2), value("c", 3));
    subject.put(&[a.clone(), c.clone()]).await;

    let found = subject.find(&[c.clone(), b, a.clone(), c.clone()]).await;
    let (a, c) = (Some(a.sealed), Some(c.sealed));
    assert_eq!(found, [c.clone(), None, a, c]);
    assert_eq!(subject.find(&[]).await, Vec::<Option<Vec<u8>>>::new());
    subject.put(&[]).await;
}

pub(super) async fn a_value_is_kept_to_the_last_byte(subject: Subject) {
    let all_bytes = SideValue::new(person("a"), (0..=255).collect());
    subject.put(std::slice::from_ref(&all_bytes)).await;
    assert!(subject.has(&all_bytes).await);
}

pub(super) async fn a_value_of_the_largest_size_is_kept(subject: Subject) {
    let bytes = (0..=250).cycle().take(limits::SIDE_VALUE_BYTES);
    let largest = SideValue::new(person("a"), bytes.collect());
    subject.put(std::slice::from_ref(&largest)).await;
    assert!(subject.has(&largest).await);
}

pub(super) async fn names_of_any_kind_are_told_apart(subject: Subject) {
    let names = [
        "a", "A", " a", "a ", "ä", "a\u{308}", "'; --", "%", "_", "~", "ß", "ss",
    ];
    let values: Vec<_> = (1..)
        .zip(names)
        .map(|(number, it)| value(it, number))
        .collect();
    subject.put(&values).await;
    for value in &values {
        assert!(subject.has(value).await, "{}", value.id);
    }
    subject.delete("a").await;
    for value in &values[1..] {
        assert!(subject.has(value).await, "{}", value.id);
    }
}

pub(super) async fn a_hash_of_one_person_is_not_that_of_another(subject: Subject) {
    let of_a = value("a", 1);
    subject.put(std::slice::from_ref(&of_a)).await;
    assert!(!subject.has(&value("b", 1)).await);
    let same_hash = SideId {
        subject: person("b"),
        hash: of_a.id.hash,
    };
    let found = subject.store.find(&[same_hash, of_a.id]).await;
    let found = found.unwrap_or_else(|error| panic!("values were not found: {error}"));
    assert_eq!(found, [None, Some(of_a.sealed)]);
}

pub(super) async fn a_value_that_was_put_is_there_for_everybody(subject: Subject) {
    let other = subject.reopened().await;
    let value = value("a", 1);
    subject.put(std::slice::from_ref(&value)).await;
    for process in [&other, &subject.reopened().await] {
        assert!(process.has(&value).await);
    }
}

pub(super) async fn a_value_that_is_put_again_is_as_it_was(subject: Subject) {
    let (a, b) = (value("a", 1), value("a", 2));
    subject.put(std::slice::from_ref(&a)).await;
    // As an append does that is tried again, alone and with others.
    subject.put(std::slice::from_ref(&a)).await;
    subject.put(&[a.clone(), b.clone(), a.clone()]).await;
    assert!(subject.has(&a).await && subject.has(&b).await);
    assert_eq!(subject.delete("a").await, 2);
}

pub(super) async fn values_that_are_put_at_a_time_are_all_there(subject: Subject) {
    let other = subject.reopened().await;
    let mut putting = tokio::task::JoinSet::new();
    for number in 0..16 {
        let process = if number % 2 == 0 { &subject } else { &other };
        let store = Arc::clone(&process.store);
        let values = [
            value("a", number),
            value("a", number / 2),
            value("b", number),
        ];
        putting.spawn(async move { store.put(&values).await });
    }
    for put in putting.join_all().await {
        put.unwrap_or_else(|error| panic!("values were not put: {error}"));
    }
    for number in 0..16 {
        assert!(subject.has(&value("a", number)).await, "{number}");
        assert!(subject.has(&value("b", number)).await, "{number}");
    }
}

pub(super) async fn of_values_that_cannot_all_be_put_none_is(subject: Subject) {
    subject.delete("b").await;
    let values = [value("a", 1), value("b", 2), value("c", 3)];
    assert_eq!(subject.put_refused(&values).await, person("b"));
    assert_eq!(subject.find(&values).await, [None, None, None]);
}
