//! Line 9: a refusal tells what happened and what to do, and writes nothing.
//!
//! Only what a healthy store refuses: unconfirmed, unavailable and corrupt need a fault that a
//! backend injects in tests of its own.

use annals_core::ExpectedVersion::{At, Exists, NoStream};
use annals_core::{Append, AppendError, ExpectedVersion, InvalidAppend, Position, StreamVersion};

use super::sample::{append, append_at, event, events, stream, tag, tagged, write, write_at};
use super::subject::Subject;

/// 9a: a conflict names the stream, what was expected, and what is there.
pub(super) async fn a_conflict_names_stream_expectation_and_version(store: Subject) {
    store.append(append("Account-1", events(0..3))).await;
    let conflicts = [
        ("Account-1", NoStream, 3),
        ("Account-1", At(StreamVersion(2)), 3),
        ("Account-1", At(StreamVersion(9)), 3),
        ("Account-2", Exists, 0),
        ("Account-2", At(StreamVersion(1)), 0),
    ];
    for (id, expected, actual) in conflicts {
        let refusal = store.refusal(append_at(id, expected, events(5..6))).await;
        assert_conflict(&refusal, id, expected, actual);
    }
}

/// 9b: of several streams, the conflict names the one that was not as expected.
pub(super) async fn a_conflict_names_the_one_of_several_streams(store: Subject) {
    store.append(append("Account-2", events(0..2))).await;
    let writes = vec![
        write_at("Account-1", NoStream, events(5..6)),
        write_at("Account-2", NoStream, events(6..7)),
        write("Account-3", events(7..8)),
    ];
    let refusal = store.refusal(Append::to_streams(writes)).await;
    assert_conflict(&refusal, "Account-2", NoStream, 2);
}

/// 9c: after a conflict, the same events can be appended with the version it named.
pub(super) async fn after_a_conflict_the_same_events_can_be_appended(store: Subject) {
    store.append(append("Account-1", events(0..3))).await;
    let refusal = store
        .refusal(append_at("Account-1", NoStream, events(5..7)))
        .await;
    let AppendError::Conflict { actual, .. } = refusal else {
        panic!("refused by {refusal}, not by a conflict");
    };
    assert_eq!(store.head().await, Position(3), "a refusal writes nothing");
    store
        .append(append_at("Account-1", At(actual), events(5..7)))
        .await;
    assert_eq!(store.head().await, Position(5));
}

/// 9d: a failed condition names a position, behind its own, where a match is.
pub(super) async fn a_failed_condition_names_where_a_match_is(store: Subject) {
    for number in 0..6 {
        let name = tag(&format!("name:{}", number % 2));
        store
            .append(append("User-1", vec![event(number).tagged(name)]))
            .await;
    }
    for (after, matching) in [
        (0, vec![2, 4, 6]),
        (2, vec![4, 6]),
        (4, vec![6]),
        (5, vec![6]),
    ] {
        let refused = append("User-2", events(9..10)).unless(tagged("name:1"), Position(after));
        match store.refusal(refused).await {
            AppendError::ConditionFailed { position } => assert!(matching.contains(&position.0)),
            other => panic!("refused by {other}, not by its condition"),
        }
    }
    let now_holds = append("User-2", events(9..10)).unless(tagged("name:1"), Position(6));
    store.append(now_holds).await;
}

/// 9e: an append without events, or with none for one of its streams, is invalid.
pub(super) async fn an_append_without_events_is_invalid(store: Subject) {
    let half_empty = vec![write("Account-1", events(0..1)), write("Account-2", vec![])];
    for writes in [vec![], vec![write("Account-1", vec![])], half_empty] {
        assert_invalid(&store, Append::to_streams(writes), InvalidAppend::Empty).await;
    }
}

/// 9f: an append that names a stream twice is invalid.
pub(super) async fn an_append_that_names_a_stream_twice_is_invalid(store: Subject) {
    let writes = vec![
        write("Account-1", events(0..1)),
        write("Account-2", events(1..2)),
        write("Account-1", events(2..3)),
    ];
    let stream = stream("Account-1");
    let append = Append::to_streams(writes);
    assert_invalid(&store, append, InvalidAppend::StreamTwice { stream }).await;
}

/// 9g: an append that uses an event id twice is invalid, in one stream or in two.
pub(super) async fn an_append_that_uses_an_event_id_twice_is_invalid(store: Subject) {
    let in_one = vec![write("Account-1", vec![event(0), event(1), event(0)])];
    let in_two = vec![
        write("Account-1", events(0..2)),
        write("Account-2", events(0..1)),
    ];
    for writes in [in_one, in_two] {
        let twice = InvalidAppend::EventTwice { event: event(0).id };
        assert_invalid(&store, Append::to_streams(writes), twice).await;
    }
}

fn assert_conflict(refusal: &AppendError, id: &str, wanted: ExpectedVersion, found: u64) {
    let AppendError::Conflict {
        stream: of,
        expected,
        actual,
    } = refusal
    else {
        panic!("refused by {refusal}, not by a conflict");
    };
    assert_eq!(
        (of, *expected, *actual),
        (&stream(id), wanted, StreamVersion(found))
    );
}

/// Refused for that reason, however often it is tried, with nothing written.
pub(super) async fn assert_invalid(store: &Subject, append: Append, expected: InvalidAppend) {
    let head = store.head().await;
    for _ in 0..2 {
        match store.refusal(append.clone()).await {
            AppendError::Invalid(reason) => assert_eq!(reason, expected),
            other => panic!("refused by {other}, not as invalid"),
        }
    }
    assert_eq!(store.head().await, head, "a refusal writes nothing");
}
