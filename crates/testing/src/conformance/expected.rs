//! Line 5, expected versions: checked in the same step as the write.

use annals_core::ExpectedVersion::{Any, At, Exists, NoStream};
use annals_core::{Append, AppendError, ExpectedVersion, Position, StreamVersion};

use super::sample::{append, append_at, events, stream, write_at};
use super::subject::{Subject, in_parallel};

const RACERS: usize = 20;
const ROUNDS: usize = 25;

/// 5a: an append is taken when the expectation holds.
pub(super) async fn an_expectation_that_holds_is_taken(store: Subject) {
    let id = stream("Account-1");
    let expectations = [
        NoStream,
        Exists,
        At(StreamVersion(2)),
        Any,
        At(StreamVersion(4)),
    ];
    for (expected, number) in expectations.into_iter().zip(0..) {
        let append = append_at(id.as_str(), expected, events(number..number + 1));
        store.append(append).await;
    }
    store
        .append(append_at("Account-2", Any, events(10..11)))
        .await;
    store
        .append(append_at(
            "Account-3",
            At(StreamVersion::NONE),
            events(11..12),
        ))
        .await;
    assert_eq!(store.stream_version(&id).await, StreamVersion(5));
}

/// 5b: an append is refused when the expectation does not hold.
pub(super) async fn an_expectation_that_does_not_hold_is_refused(store: Subject) {
    store.append(append("Account-1", events(0..3))).await;
    let wrong = [
        ("Account-1", NoStream),
        ("Account-1", At(StreamVersion(0))),
        ("Account-1", At(StreamVersion(2))),
        ("Account-1", At(StreamVersion(4))),
        ("Account-2", Exists),
        ("Account-2", At(StreamVersion(1))),
    ];
    for (id, expected) in wrong {
        let refusal = store.refusal(append_at(id, expected, events(3..4))).await;
        assert!(is_conflict(&refusal), "{expected:?} of {id}: {refusal}");
    }
    assert_eq!(store.head().await, Position(3));
}

/// 5c: of twenty racers that expect one version, exactly one wins, in every round.
pub(super) async fn of_twenty_racers_for_a_version_exactly_one_wins(store: Subject) {
    for round in 0..ROUNDS {
        let expected = ExpectedVersion::from(StreamVersion(round as u64));
        let racers = (0..RACERS).map(|racer| {
            let number = round * RACERS + racer;
            append_at("Account-1", expected, events(number..number + 1))
        });
        assert_eq!(winners(&store, racers).await, 1, "round {round}");
    }
    let version = store.stream_version(&stream("Account-1")).await;
    assert_eq!(version, StreamVersion(ROUNDS as u64));
}

/// 5d: of racers that want to be the first of a stream, exactly one is.
pub(super) async fn of_twenty_racers_for_a_new_stream_exactly_one_wins(store: Subject) {
    for round in 0..ROUNDS {
        let id = format!("Account-{round}");
        let racers = (0..RACERS).map(|racer| {
            let number = round * RACERS + racer;
            append_at(&id, NoStream, events(number..number + 1))
        });
        assert_eq!(winners(&store, racers).await, 1, "round {round}");
    }
}

/// 5e: of racers over two streams, named in either order, exactly one wins and none waits for ever.
pub(super) async fn of_racers_over_two_streams_exactly_one_wins(store: Subject) {
    for round in 0..ROUNDS {
        let expected = ExpectedVersion::from(StreamVersion(round as u64));
        let racers = (0..RACERS).map(|racer| {
            let first = 2 * (round * RACERS + racer);
            let mut writes = vec![
                write_at("Account-1", expected, events(first..first + 1)),
                write_at("Account-2", expected, events(first + 1..first + 2)),
            ];
            writes.rotate_left(racer % 2);
            Append::to_streams(writes)
        });
        assert_eq!(winners(&store, racers).await, 1, "round {round}");
    }
}

/// 5f: writers of streams of their own never conflict.
pub(super) async fn writers_of_their_own_streams_never_conflict(store: Subject) {
    in_parallel((0..16).map(|writer| append_in_turn(store.clone(), writer))).await;
    assert_eq!(store.head().await, Position(16 * 20));
}

/// Twenty appends, each expecting the version the one before it brought about.
async fn append_in_turn(store: Subject, writer: usize) {
    let id = format!("Writer-{writer}");
    let mut version = StreamVersion::NONE;
    for round in 0..20 {
        let number = writer * 100 + round;
        let append = append_at(&id, version.into(), events(number..number + 1));
        let appended = store.append(append).await;
        version = version.next();
        assert_eq!(appended.version_of(&stream(&id)), Some(version));
    }
}

/// How many of the appends are taken; all others must be conflicts.
async fn winners(store: &Subject, appends: impl Iterator<Item = Append>) -> usize {
    let racers = appends.map(|append| {
        let store = store.clone();
        async move { store.try_append(append).await }
    });
    let outcomes = in_parallel(racers).await;
    let refusals = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    for refusal in refusals {
        assert!(is_conflict(refusal), "a racer was refused by {refusal}");
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

fn is_conflict(refusal: &AppendError) -> bool {
    matches!(refusal, AppendError::Conflict { .. })
}
