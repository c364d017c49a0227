//! Line 1: an append is all or nothing, over one or several streams.

use std::collections::HashMap;

use annals_core::{
    Append, AppendId, Appended, ExpectedVersion, Position, Read, RecordedEvent, Source,
    StreamVersion,
};

use super::sample::{append, event, events, stream, tag, tagged, write, write_at};
use super::subject::{Subject, in_parallel};

/// 1a: every event of an append is recorded, in the order given.
pub(super) async fn an_append_keeps_all_its_events_in_order(store: Subject) {
    let append = append("Account-1", events(0..5));
    let appended = store.append(append.clone()).await;
    assert_eq!((appended.first, appended.last), (Position(1), Position(5)));
    assert_recorded(&store.all().await, &append, &appended);
}

/// 1b: an append over several streams is recorded in all of them; positions follow its writes.
pub(super) async fn an_append_over_several_streams_is_recorded_in_all_of_them(store: Subject) {
    store.append(append("Account-2", events(0..3))).await;
    let append = Append::to_streams(vec![
        write("Transfer-1", events(10..12)),
        write("Account-2", events(12..15)),
        write("Account-1", events(15..16)),
    ]);
    let appended = store.append(append.clone()).await;

    let versions = [("Transfer-1", 2), ("Account-2", 6), ("Account-1", 1)];
    let versions = versions.map(|(id, version)| (stream(id), StreamVersion(version)));
    assert_eq!(appended.versions, versions);
    assert_eq!((appended.first, appended.last), (Position(4), Position(9)));
    let all_after = Read::forwards(Source::all_after(Position(3)));
    assert_recorded(&store.read(all_after).await, &append, &appended);
}

/// 1c: when one stream is not as expected, none is written to, whichever of them it is.
pub(super) async fn a_conflict_in_one_of_several_streams_writes_none(store: Subject) {
    store.append(append("Account-0", events(0..1))).await;
    for conflicting in 0..3 {
        let writes = (0..3).map(|number| {
            let expected = match number == conflicting {
                true => ExpectedVersion::At(StreamVersion(7)),
                false => ExpectedVersion::Any,
            };
            let first = 10 * (number + 1);
            write_at(
                &format!("Account-{number}"),
                expected,
                events(first..first + 2),
            )
        });
        store.refusal(Append::to_streams(writes.collect())).await;
        assert_eq!(store.all().await.len(), 1, "write {conflicting} conflicted");
    }
}

/// 1d: when the condition fails, none of several streams is written to.
pub(super) async fn a_failed_condition_writes_to_none_of_several_streams(store: Subject) {
    let taken = event(0).tagged(tag("name:ada"));
    store.append(append("User-1", vec![taken])).await;
    let writes = vec![
        write("User-2", events(1..3)),
        write("Welcome-2", events(3..4)),
    ];
    let append = Append::to_streams(writes).unless(tagged("name:ada"), Position::START);
    store.refusal(append).await;
    assert_eq!(store.all().await.len(), 1);
}

/// 1e: an event that is invalid keeps the valid ones beside it from being written.
pub(super) async fn an_invalid_event_keeps_the_others_from_being_written(store: Subject) {
    let mut invalid = event(2);
    invalid.tags = (0..=annals_core::limits::EVENT_TAGS)
        .map(|number| tag(&format!("number:{number}")))
        .collect();
    let writes = vec![
        write("Account-1", events(0..2)),
        write("Account-2", vec![invalid]),
    ];
    store.refusal(Append::to_streams(writes)).await;
    assert_eq!(store.all().await, []);
}

/// 1f: no reader ever sees one part of an append without the other.
pub(super) async fn readers_never_see_part_of_an_append(store: Subject) {
    let writers = in_parallel((0..4).map(|writer| append_triples(store.clone(), writer)));
    let readers = in_parallel((0..4).map(|_| read_whole_appends(store.clone())));
    tokio::join!(writers, readers);
    assert_eq!(store.all().await.len(), 4 * 20 * 3);
}

/// Twenty appends of three events over two streams.
async fn append_triples(store: Subject, writer: usize) {
    for round in 0..20 {
        let first = writer * 1_000 + round * 3;
        let writes = vec![
            write("Shared-1", events(first..first + 1)),
            write(&format!("Writer-{writer}"), events(first + 1..first + 3)),
        ];
        store.append(Append::to_streams(writes)).await;
    }
}

async fn read_whole_appends(store: Subject) {
    for _ in 0..20 {
        let mut events_of: HashMap<AppendId, usize> = HashMap::new();
        for event in store.all().await {
            *events_of.entry(event.append).or_default() += 1;
        }
        assert!(events_of.values().all(|events| *events == 3));
    }
}

/// The events are those of the append, where the answer says they are.
fn assert_recorded(recorded: &[RecordedEvent], append: &Append, appended: &Appended) {
    assert_eq!(recorded.len(), append.events().count());
    for ((event, new), number) in recorded.iter().zip(append.events()).zip(0..) {
        assert!(event.is_record_of(new), "recorded {event:?} for {new:?}");
        assert_eq!(event.position, Position(appended.first.0 + number));
        assert_eq!(event.append, append.id);
    }
    for (stream, version) in &appended.versions {
        let last = recorded.iter().rfind(|event| event.stream == *stream);
        assert_eq!(last.map(|event| event.version), Some(*version));
    }
}
