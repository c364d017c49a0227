//! Appends that arrive during a sync share the next one, and nobody learns of an event before it
//! is durable: not by a read, not by a subscription, not by a refusal.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::pin::Pin;
use std::sync::Arc;

use annals_core::{
    Append, AppendError, Appended, Delivery, EventId, EventStore, EventType, ExpectedVersion,
    NewEvent, Position, Read, Source, StreamId, StreamVersion,
};
use annals_embedded::{EmbeddedOptions, EmbeddedStore};
use futures_util::FutureExt;
use gated_disk::GatedDisk;
use uuid::Uuid;

mod gated_disk;

fn store_on(disk: &GatedDisk) -> Arc<EmbeddedStore> {
    let store = EmbeddedStore::open_on(disk.clone(), EmbeddedOptions::in_memory());
    Arc::new(store.unwrap())
}

fn one_event(stream: &str, id: u128, expected: ExpectedVersion) -> Append {
    let event_type = EventType::new("Happened").unwrap();
    let event = NewEvent::json(EventId(Uuid::from_u128(id)), event_type, &b"{}"[..]);
    Append::to(stream.parse().unwrap(), expected, vec![event])
}

type Answering = Pin<Box<dyn Future<Output = Result<Appended, AppendError>>>>;

/// Sends an append: it is in the store's queue when this returns, and not yet answered.
fn send(store: &Arc<EmbeddedStore>, append: Append) -> Answering {
    let store = Arc::clone(store);
    let mut answering: Answering = Box::pin(async move { store.append(append).await });
    assert!(
        (&mut answering).now_or_never().is_none(),
        "answered at once"
    );
    answering
}

fn send_all(
    store: &Arc<EmbeddedStore>,
    appends: impl IntoIterator<Item = Append>,
) -> Vec<Answering> {
    let appends = appends.into_iter();
    appends.map(|append| send(store, append)).collect()
}

#[tokio::test]
async fn what_arrives_during_a_sync_shares_the_next_one() {
    let disk = GatedDisk::default();
    let store = store_on(&disk);
    let before = disk.syncs();
    disk.close_gate();
    let first = send_all(&store, vec![one_event("A-0", 1, ExpectedVersion::Any)]);
    disk.wait_for_a_sync();
    let others = (2..65).map(|id| one_event(&format!("A-{id}"), id, ExpectedVersion::Any));
    let others = send_all(&store, others);
    disk.open_gate();
    for answer in first.into_iter().chain(others) {
        answer.await.unwrap();
    }
    assert_eq!(disk.syncs() - before, 2);
    assert_eq!(store.head().await.unwrap(), Position(64));
}

#[tokio::test]
async fn nobody_sees_an_event_before_it_is_durable() {
    let disk = GatedDisk::default();
    let store = store_on(&disk);
    let mut subscription = store.subscribe(Source::all()).await.unwrap();
    let nothing = subscription.next().await.unwrap();
    assert_eq!(nothing, Delivery::CaughtUp(Position::START));

    disk.close_gate();
    let answers = send_all(&store, vec![one_event("A-1", 1, ExpectedVersion::NoStream)]);
    disk.wait_for_a_sync();
    let stream: StreamId = "A-1".parse().unwrap();
    assert_eq!(store.head().await.unwrap(), Position::START);
    assert_eq!(
        store.stream_version(&stream).await.unwrap(),
        StreamVersion::NONE
    );
    let read = store.read(Read::forwards(Source::all())).await.unwrap();
    assert_eq!(read.collect().await.unwrap(), vec![]);

    disk.open_gate();
    for answer in answers {
        let appended = answer.await.unwrap();
        let found = store.find_append(appended.id).await.unwrap();
        assert_eq!(found, Some(appended));
    }
    let delivered = subscription.next().await.unwrap();
    assert!(matches!(delivered, Delivery::Event(event) if event.position == Position(1)));
}

#[tokio::test]
async fn a_refusal_waits_until_what_it_tells_of_is_durable() {
    let disk = GatedDisk::default();
    let store = store_on(&disk);
    disk.close_gate();
    let winner = send(&store, one_event("A-1", 1, ExpectedVersion::NoStream));
    disk.wait_for_a_sync();
    let mut loser = send(&store, one_event("A-1", 2, ExpectedVersion::NoStream));
    // The store has decided on the loser once a later append of another stream is decided on;
    // neither may be answered, for both wait for the first sync.
    let mut later = send(&store, one_event("B-1", 3, ExpectedVersion::NoStream));
    tokio::select! {
        biased;
        early = &mut loser => panic!("a refusal came before its ground was durable: {early:?}"),
        early = &mut later => panic!("an acknowledgement came before its sync: {early:?}"),
        () = tokio::task::yield_now() => {}
    }
    disk.open_gate();
    winner.await.unwrap();
    let refusal = loser.await.unwrap_err();
    let actual_version = StreamVersion(1);
    assert!(
        matches!(refusal, AppendError::Conflict { actual, .. } if actual == actual_version),
        "{refusal}"
    );
    later.await.unwrap();
}

#[tokio::test]
async fn a_repeat_that_meets_its_first_on_the_way_gets_the_first_answer() {
    let disk = GatedDisk::default();
    let store = store_on(&disk);
    disk.close_gate();
    let repeats = vec![one_event("A-1", 1, ExpectedVersion::NoStream); 10];
    let answers = send_all(&store, repeats);
    disk.wait_for_a_sync();
    disk.open_gate();
    for answer in answers {
        let appended = answer.await.unwrap();
        assert_eq!(appended.first, Position(1));
    }
    assert_eq!(store.head().await.unwrap(), Position(1));
}

#[tokio::test]
async fn whether_an_append_committed_is_told_when_it_is_settled() {
    let disk = GatedDisk::default();
    let store = store_on(&disk);
    disk.close_gate();
    let append = one_event("A-1", 1, ExpectedVersion::NoStream);
    let id = append.id;
    let answers = send_all(&store, vec![append]);
    disk.wait_for_a_sync();
    let asking = Arc::clone(&store);
    let mut asked = tokio::spawn(async move { asking.find_append(id).await });
    let never_sent = one_event("A-2", 2, ExpectedVersion::Any).id;
    assert_eq!(store.find_append(never_sent).await.unwrap(), None);
    tokio::select! {
        biased;
        early = &mut asked => panic!("told before it was settled: {early:?}"),
        () = tokio::task::yield_now() => {}
    }
    disk.open_gate();
    let found = asked.await.unwrap().unwrap();
    for answer in answers {
        assert_eq!(found, Some(answer.await.unwrap()));
    }
}
