//! Line 2: versions run 1, 2, 3 … without gaps; positions are dense, in commit order, the same for
//! all readers.

use std::collections::HashMap;

use annals_core::{
    Append, Appended, ExpectedVersion, Position, Read, RecordedEvent, Source, StreamId,
    StreamVersion,
};

use super::random::Random;
use super::sample::{append, append_at, events, stream, write};
use super::subject::{Subject, in_parallel};

const WRITERS: usize = 16;

/// 2a: positions are dense and versions gapless under sixteen writers, and as acknowledged.
pub(super) async fn positions_are_dense_under_sixteen_writers(store: Subject) {
    let writers = (0..WRITERS).map(|writer| append_at_random(store.clone(), writer));
    let acknowledged: Vec<Appended> = in_parallel(writers).await.into_iter().flatten().collect();

    let all = store.all().await;
    assert_orderly(&all);
    assert_eq!(store.head().await.0, all.len() as u64);
    for appended in acknowledged {
        assert_holds(&all, &appended);
    }
}

/// 2b: a reader that reads while others write sees no gap, in no read.
pub(super) async fn readers_never_see_a_gap_while_writers_append(store: Subject) {
    let writers = in_parallel((0..WRITERS).map(|writer| append_at_random(store.clone(), writer)));
    let readers = in_parallel((0..4).map(|_| read_orderly(store.clone())));
    tokio::join!(writers, readers);
}

/// 2c: what is appended after an acknowledgement gets a later position.
pub(super) async fn a_later_append_gets_a_later_position(store: Subject) {
    let mut last = Position::START;
    for number in 0..20 {
        let to = format!("Account-{}", number % 3);
        let appended = store.append(append(&to, events(number..number + 1))).await;
        assert_eq!(appended.first, last.next());
        last = appended.last;
    }
}

/// 2d: versions of streams that are written to in turns are counted for each.
pub(super) async fn each_stream_counts_its_own_versions(store: Subject) {
    let mut numbers = 0..;
    for round in 1..=5 {
        for id in ["Account-1", "Account-10", "Order-1"] {
            let events = events(numbers.next());
            let appended = store.append(append(id, events)).await;
            let version = StreamVersion(round);
            assert_eq!(appended.versions, [(stream(id), version)]);
            assert_eq!(store.stream_version(&stream(id)).await, version);
        }
    }
    assert_orderly(&store.all().await);
}

/// 2e: a read of the store, of its streams, and a subscription tell the same order.
pub(super) async fn all_readers_see_one_order(store: Subject) {
    let writers = (0..4).map(|writer| append_at_random(store.clone(), writer));
    in_parallel(writers).await;

    let all = store.all().await;
    let mut backwards = store.read(Read::backwards(Source::all())).await;
    backwards.reverse();
    assert_eq!(backwards, all);
    for number in 0..5 {
        let id = stream(&format!("Shared-{number}"));
        let of_stream: Vec<_> = all
            .iter()
            .filter(|event| event.stream == id)
            .cloned()
            .collect();
        assert_eq!(store.stream(&id).await, of_stream);
    }
    let mut follower = store.follow(Source::all()).await;
    assert_eq!(follower.until(store.head().await).await, all);
}

/// 2f: an append that is refused uses up no position and no version.
pub(super) async fn a_refused_append_uses_up_no_position(store: Subject) {
    store.append(append("Account-1", events(0..1))).await;
    let refused = append_at("Account-1", ExpectedVersion::NoStream, events(1..3));
    store.refusal(refused).await;
    let appended = store.append(append("Account-1", events(3..4))).await;
    assert_eq!(appended.first, Position(2));
    assert_eq!(appended.versions, [(stream("Account-1"), StreamVersion(2))]);
}

/// 2g: an empty store is at the start, and a stream without events has no version.
pub(super) async fn an_empty_store_is_at_the_start(store: Subject) {
    assert_eq!(store.head().await, Position::START);
    let version = store.stream_version(&stream("Account-1")).await;
    assert_eq!(version, StreamVersion::NONE);
    assert_eq!(store.all().await, []);
    assert_eq!(store.stream(&stream("Account-1")).await, []);
}

/// Twenty appends of one to three events to one or two of a few streams.
async fn append_at_random(store: Subject, writer: usize) -> Vec<Appended> {
    let mut random = Random::seeded(writer as u64);
    let mut acknowledged = Vec::new();
    for round in 0..20 {
        let first = writer * 1_000 + round * 10;
        let shared = format!("Shared-{}", random.below(5));
        let mut writes = vec![write(&shared, events(first..=first + random.below(3)))];
        if random.below(2) == 0 {
            let own = format!("Writer-{writer}");
            writes.push(write(&own, events(first + 5..=first + 5 + random.below(3))));
        }
        acknowledged.push(store.append(Append::to_streams(writes)).await);
    }
    acknowledged
}

async fn read_orderly(store: Subject) {
    let mut before = 0;
    for _ in 0..20 {
        let read = store.start_read(Read::forwards(Source::all())).await;
        let head = read.head();
        let all = super::subject::rest_of(read).await;
        assert_orderly(&all);
        assert_eq!(head.0, all.len() as u64, "a read holds all up to its head");
        assert!(all.len() >= before, "a store never gets shorter");
        before = all.len();
    }
}

/// All events of a store have the next position, and the next version of their stream.
pub(super) fn assert_orderly(all: &[RecordedEvent]) {
    let mut versions: HashMap<&StreamId, StreamVersion> = HashMap::new();
    for (event, before) in all.iter().zip(0..) {
        assert_eq!(event.position, Position(before).next());
        let version = versions.entry(&event.stream).or_default();
        *version = version.next();
        assert_eq!(event.version, *version, "of {:?}", event.stream);
    }
}

/// The events between the positions of an answer are those of its append, up to its versions.
fn assert_holds(all: &[RecordedEvent], appended: &Appended) {
    let positions = appended.first..=appended.last;
    let within = all
        .iter()
        .filter(|event| positions.contains(&event.position));
    let mut versions: Vec<(StreamId, StreamVersion)> = Vec::new();
    for event in within {
        assert_eq!(event.append, appended.id);
        versions.retain(|(stream, _)| *stream != event.stream);
        versions.push((event.stream.clone(), event.version));
    }
    assert_eq!(versions, appended.versions);
}
