//! Line 4: a read that starts after an acknowledgement sees the append.

use annals_core::{
    Appended, NewEvent, Position, Query, QueryItem, Read, RecordedEvent, Source, StreamVersion,
};

use super::sample::{append, event_of_type, event_type, events, stream, tag, tagged};
use super::subject::{Subject, in_parallel, rest_of};

/// 4a: a writer reads its own append at once, however it asks, while others write.
pub(super) async fn a_writer_reads_its_own_append_at_once(store: Subject) {
    in_parallel((0..8).map(|writer| append_and_read(store.clone(), writer))).await;
}

/// 4b: what one client was told, another one sees.
pub(super) async fn every_client_sees_what_was_acknowledged(store: Subject) {
    for number in 0..20 {
        let appended = store
            .append(append("Account-1", events(number..number + 1)))
            .await;
        let clients = (0..4).map(|_| {
            let store = store.clone();
            async move { store.read(Read::backwards(Source::all()).limit(1)).await }
        });
        for newest in in_parallel(clients).await {
            assert_eq!(positions(&newest), [appended.last]);
        }
    }
}

/// 4c: a read holds what was recorded when it started, and nothing that came later.
pub(super) async fn a_read_holds_what_was_recorded_when_it_started(store: Subject) {
    store.append(append("Account-1", events(0..5))).await;
    let forwards = store.start_read(Read::forwards(Source::all())).await;
    let of_stream = Read::forwards(Source::stream(stream("Account-1")));
    let of_stream = store.start_read(of_stream).await;
    let backwards = store.start_read(Read::backwards(Source::all())).await;
    store.append(append("Account-1", events(5..9))).await;

    for read in [forwards, of_stream, backwards] {
        assert_eq!(read.head(), Position(5));
        assert_eq!(rest_of(read).await.len(), 5);
    }
}

/// 4d: a read tells the head of the whole store, also when it is asked for little or nothing of it.
pub(super) async fn a_read_tells_the_head_of_the_whole_store(store: Subject) {
    let nothing = Read::forwards(Source::stream(stream("Nobody-1")));
    assert_eq!(
        store.start_read(nothing.clone()).await.head(),
        Position::START
    );
    store.append(append("Account-1", events(0..7))).await;
    assert_eq!(store.start_read(nothing).await.head(), Position(7));
    for read in [
        Read::forwards(Source::all()).limit(2),
        Read::backwards(Source::all_after(Position(3))),
        Read::forwards(Source::query(tagged("nothing"))),
    ] {
        assert_eq!(store.start_read(read).await.head(), Position(7));
    }
}

async fn append_and_read(store: Subject, writer: usize) {
    let id = format!("Writer{writer}-1");
    for round in 0..10 {
        let event = event_of_type(&format!("NotedBy{writer}"), writer * 100 + round);
        let event = event.tagged(tag(&format!("writer:{writer}")));
        let appended = store.append(append(&id, vec![event.clone()])).await;
        assert_seen(&store, &event, &appended).await;
    }
}

async fn assert_seen(store: &Subject, event: &NewEvent, appended: &Appended) {
    let (id, version) = &appended.versions[0];
    let by_type =
        Query::any_of([QueryItem::default().types([event_type(event.event_type.as_str())])]);
    let before = Position(appended.first.0 - 1);
    for read in [
        Read::backwards(Source::stream(id.clone())).limit(1),
        Read::forwards(Source::stream_after(
            id.clone(),
            StreamVersion(version.0 - 1),
        )),
        Read::backwards(Source::query(by_type)).limit(1),
        Read::backwards(Source::query(Query::category(id.category()))).limit(1),
        Read::backwards(Source::query(tagged(event.tags[0].as_str()))).limit(1),
        Read::forwards(Source::all_after(before)).limit(1),
    ] {
        assert_eq!(positions(&store.read(read).await), [appended.last]);
    }
    assert!(store.head().await >= appended.last);
    assert_eq!(store.stream_version(id).await, *version);
    assert_eq!(
        store.find_append(appended.id).await.as_ref(),
        Some(appended)
    );
}

fn positions(events: &[RecordedEvent]) -> Vec<Position> {
    events.iter().map(|event| event.position).collect()
}
