//! Line 6, retries: the same events to the same stream are acknowledged with the first result, and
//! stored once.

use annals_core::ExpectedVersion::NoStream;
use annals_core::{Append, AppendError, AppendId, ContentType, InvalidAppend, NewEvent, Position};

use super::sample::{append, append_at, event, event_type, events, tag, tagged, write};
use super::subject::{Subject, in_parallel};

/// 6a: a retry is acknowledged with the first result and stores nothing.
pub(super) async fn a_retry_is_acknowledged_with_the_first_result(store: Subject) {
    let append = append("Account-1", events(0..3));
    let first = store.append(append.clone()).await;
    assert_eq!(store.append(append).await, first);
    assert_eq!(store.head().await, Position(3));
}

/// 6b: also when the expected version no longer holds, and other streams have moved on.
pub(super) async fn a_retry_is_acknowledged_when_its_expectation_no_longer_holds(store: Subject) {
    let opening = append_at("Account-1", NoStream, events(0..2));
    let first = store.append(opening.clone()).await;
    store.append(append("Account-1", events(2..5))).await;
    store.append(append("Account-2", events(5..7))).await;
    assert_eq!(store.append(opening).await, first);
    assert_eq!(store.head().await, Position(7));
}

/// 6c: also when its own events now fail its condition.
pub(super) async fn a_retry_is_acknowledged_when_its_own_events_fail_its_condition(store: Subject) {
    let registered = event(0).tagged(tag("name:ada"));
    let register = append("User-1", vec![registered]).unless(tagged("name:ada"), Position::START);
    let first = store.append(register.clone()).await;
    assert_eq!(store.append(register).await, first);
    assert_eq!(store.head().await, Position(1));
}

/// 6d: also over several streams.
pub(super) async fn a_retry_over_several_streams_is_acknowledged(store: Subject) {
    store.append(append("Account-2", events(0..4))).await;
    let transfer = Append::to_streams(vec![
        write("Account-1", events(10..12)),
        write("Account-2", events(12..13)),
    ]);
    let first = store.append(transfer.clone()).await;
    store.append(append("Account-1", events(20..23))).await;
    assert_eq!(store.append(transfer).await, first);
    assert_eq!(store.head().await, Position(10));
}

/// 6e: of many copies sent at the same time one is stored, and all get its result.
pub(super) async fn of_simultaneous_copies_one_is_stored(store: Subject) {
    for round in 0..10 {
        let copy = append_at(
            &format!("Account-{round}"),
            NoStream,
            events(2 * round..2 * round + 2),
        );
        let copies = (0..16).map(|_| {
            let (store, copy) = (store.clone(), copy.clone());
            async move { store.append(copy).await }
        });
        let answers = in_parallel(copies).await;
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
        assert_eq!(store.head().await, Position(2 * (round as u64 + 1)));
    }
}

/// 6f: the same events under another append id are still a retry.
pub(super) async fn the_same_events_under_another_append_id_are_a_retry(store: Subject) {
    let first = store.append(append("Account-1", events(0..2))).await;
    let other_id = AppendId::of_key("conformance", "retry");
    let again = store
        .append(append("Account-1", events(0..2)).with_id(other_id))
        .await;
    assert_eq!((again.first, again.last), (first.first, first.last));
    assert_eq!(again.versions, first.versions);
    assert_eq!(store.head().await, Position(2));
}

/// 6g: a recorded event id with other content is an error, whatever is different.
pub(super) async fn a_known_event_id_with_other_content_is_an_error(store: Subject) {
    let recorded = event(0);
    store
        .append(append("Account-1", vec![recorded.clone()]))
        .await;
    let changes: [fn(&mut NewEvent); 6] = [
        |event| event.data = "{}".into(),
        |event| event.event_type = event_type("SomethingElseHappened"),
        |event| event.schema_version = 2,
        |event| event.content_type = ContentType::new("text/plain").expect("a valid name"),
        |event| event.tags.push(tag("added:later")),
        |event| event.metadata.actor = Some("someone else".to_owned()),
    ];
    for change in changes {
        let mut changed = recorded.clone();
        change(&mut changed);
        assert_id_reused(&store, append("Account-1", vec![changed]), &recorded).await;
    }
}

/// 6h: a recorded event id in another stream is an error.
pub(super) async fn a_known_event_id_in_another_stream_is_an_error(store: Subject) {
    store.append(append("Account-1", events(0..2))).await;
    assert_id_reused(&store, append("Account-2", events(0..2)), &event(0)).await;
}

/// 6i: a recorded event id beside new events is an error, and the new events are not stored.
pub(super) async fn known_and_new_event_ids_together_are_an_error(store: Subject) {
    store.append(append("Account-1", events(0..2))).await;
    let behind = append("Account-1", vec![event(2), event(1)]);
    assert_id_reused(&store, behind, &event(1)).await;
    let other_stream = vec![
        write("Account-1", events(0..1)),
        write("Account-2", events(3..4)),
    ];
    assert_id_reused(&store, Append::to_streams(other_stream), &event(0)).await;
}

/// 6j: an append id that is recorded with other events is an error.
pub(super) async fn an_append_id_with_other_events_is_an_error(store: Subject) {
    let id = AppendId::of_key("conformance", "command");
    store
        .append(append("Account-1", events(0..1)).with_id(id))
        .await;
    let refusal = store
        .refusal(append("Account-1", events(1..2)).with_id(id))
        .await;
    let expected = InvalidAppend::AppendIdReused { append: id };
    assert_eq!(invalid(refusal), expected);
    assert_eq!(store.head().await, Position(1));
}

async fn assert_id_reused(store: &Subject, append: Append, known: &NewEvent) {
    let head = store.head().await;
    let refusal = store.refusal(append).await;
    let expected = InvalidAppend::EventIdReused { event: known.id };
    assert_eq!(invalid(refusal), expected);
    assert_eq!(store.head().await, head);
}

fn invalid(refusal: AppendError) -> InvalidAppend {
    match refusal {
        AppendError::Invalid(invalid) => invalid,
        other => panic!("refused by {other}, not as invalid"),
    }
}
