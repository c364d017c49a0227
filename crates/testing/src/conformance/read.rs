//! Lines 2 and 4, reads: a part of the order, from any place, in either direction, of any length.

use annals_core::{Position, Query, Read, RecordedEvent, Source, StreamVersion};

use super::sample::{append, event, events, stream, tag, tagged};
use super::subject::Subject;

/// 2i: the whole store is read after any position, both ways, up to any limit.
pub(super) async fn the_store_is_read_from_any_position_both_ways(store: Subject) {
    record_in_turns(&store).await;
    let all = store.all().await;
    let number = |event: &RecordedEvent| event.position.0;
    assert_reads(&store, &all, number, |after| match after {
        None => Source::all(),
        Some(after) => Source::all_after(Position(after)),
    })
    .await;
}

/// 2j: a stream is read after any version, both ways, up to any limit.
pub(super) async fn a_stream_is_read_from_any_version_both_ways(store: Subject) {
    record_in_turns(&store).await;
    let id = stream("Account-1");
    let of_stream = store.stream(&id).await;
    let number = |event: &RecordedEvent| event.version.0;
    assert_reads(&store, &of_stream, number, |after| match after {
        None => Source::stream(id.clone()),
        Some(after) => Source::stream_after(id.clone(), StreamVersion(after)),
    })
    .await;
}

/// 2k: what a query selects is read after any position, both ways, up to any limit.
pub(super) async fn a_query_is_read_from_any_position_both_ways(store: Subject) {
    record_in_turns(&store).await;
    let query = tagged("third");
    let selected = store
        .all()
        .await
        .into_iter()
        .filter(|event| selects(&query, event));
    let selected: Vec<_> = selected.collect();
    let number = |event: &RecordedEvent| event.position.0;
    assert_reads(&store, &selected, number, |after| match after {
        None => Source::query(query.clone()),
        Some(after) => Source::query_after(query.clone(), Position(after)),
    })
    .await;
}

/// 4e: a stream that nobody wrote to has no events, and neither has one whose id only begins or
/// ends like another's.
pub(super) async fn streams_with_similar_ids_are_kept_apart(store: Subject) {
    store.append(append("Account-12", events(0..3))).await;
    for similar in [
        "Account-1",
        "Account-2",
        "Account-123",
        "account-12",
        "Account-12-",
        "Account--12",
    ] {
        assert_eq!(store.stream(&stream(similar)).await, [], "of {similar}");
    }
    assert_eq!(store.stream(&stream("Account-12")).await.len(), 3);
}

/// 4f: a long read is complete.
pub(super) async fn a_long_read_is_complete(store: Subject) {
    for first in (0..3_000).step_by(300) {
        store
            .append(append("Account-1", events(first..first + 300)))
            .await;
    }
    assert_eq!(store.stream(&stream("Account-1")).await.len(), 3_000);
    let mut all = store.all().await;
    super::versions::assert_orderly(&all);
    all.reverse();
    assert_eq!(store.read(Read::backwards(Source::all())).await, all);
}

/// Twelve events in two streams, every third with a tag.
async fn record_in_turns(store: &Subject) {
    for number in 0..12 {
        let mut event = event(number);
        if number % 3 == 2 {
            event = event.tagged(tag("third"));
        }
        let to = format!("Account-{}", number % 2);
        store.append(append(&to, vec![event])).await;
    }
}

/// Reads after every number, and beyond the last, with limits, and compares with the same part of
/// `expected`.
async fn assert_reads(
    store: &Subject,
    expected: &[RecordedEvent],
    number: impl Fn(&RecordedEvent) -> u64,
    source: impl Fn(Option<u64>) -> Source,
) {
    for after in std::iter::once(None).chain((0..=15).map(Some)) {
        let behind = |event: &&RecordedEvent| after.is_none_or(|after| number(event) > after);
        let before = |event: &&RecordedEvent| after.is_none_or(|after| number(event) < after);
        let forwards: Vec<_> = expected.iter().filter(behind).cloned().collect();
        let backwards: Vec<_> = expected.iter().rev().filter(before).cloned().collect();
        assert_limited(store, Read::forwards(source(after)), &forwards).await;
        assert_limited(store, Read::backwards(source(after)), &backwards).await;
    }
}

async fn assert_limited(store: &Subject, read: Read, expected: &[RecordedEvent]) {
    assert_eq!(store.read(read.clone()).await, expected, "{read:?}");
    for limit in [0, 1, 2, 5, 100] {
        let read = read.clone().limit(limit as u64);
        let limited = &expected[..limit.min(expected.len())];
        assert_eq!(store.read(read.clone()).await, limited, "{read:?}");
    }
}

fn selects(query: &Query, event: &RecordedEvent) -> bool {
    query.matches(&event.stream, &event.event_type, &event.tags)
}
