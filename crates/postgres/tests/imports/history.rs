//! Histories, and the stores that they go into.

use annals_core::{
    Append, EventId, EventStore, EventType, ExpectedVersion, IdSource, Keys, NewEvent, Position,
    RandomIds, Read, RecordedEvent, Source, StreamId, StreamVersion, Tag,
};
use annals_postgres::{ImportError, Imported, Postgres, PostgresStore};
use jiff::Timestamp;

use crate::place::Place;

/// More events than one batch takes.
pub(crate) const SEVERAL_BATCHES: u64 = 12_000;

pub(crate) async fn store() -> PostgresStore {
    open(&Place::on(annals_servers::postgres_url())).await
}

pub(crate) async fn open(place: &Place) -> PostgresStore {
    let postgres = Postgres::connect(&place.url()).await.unwrap();
    PostgresStore::open(&postgres).await.unwrap()
}

pub(crate) fn stream(id: u64) -> StreamId {
    StreamId::new("Account", &id.to_string()).unwrap()
}

pub(crate) fn event(number: u64) -> NewEvent {
    let id = EventId(RandomIds.next());
    let event_type = EventType::new("MoneyDeposited").unwrap();
    let payload = format!(r#"{{"number":{number}}}"#);
    let tag = Tag::new(format!("branch:{}", number % 5)).unwrap();
    NewEvent::json(id, event_type, payload).tagged(tag)
}

/// A history of so many events, one for each append, over a hundred streams: each expects what
/// those before it leave.
pub(crate) fn history(events: u64) -> Vec<Append> {
    let append = |number| {
        let version = StreamVersion(number / 100);
        Append::to(
            stream(number % 100),
            ExpectedVersion::from(version),
            vec![event(number)],
        )
    };
    (0..events).map(append).collect()
}

/// Imports a history from beginning to end.
pub(crate) async fn import(
    store: &PostgresStore,
    history: &[Append],
) -> Result<Imported, ImportError> {
    let mut import = store.import();
    for append in history {
        import.append(append.clone()).await?;
    }
    import.finish().await
}

/// The appends, the events and the repeats that were counted.
pub(crate) fn counts(imported: Imported) -> (u64, u64, u64) {
    (imported.appends, imported.events, imported.repeated)
}

pub(crate) async fn recorded(store: &PostgresStore) -> Vec<RecordedEvent> {
    recorded_after(store, Position::START).await
}

pub(crate) async fn recorded_after(store: &PostgresStore, after: Position) -> Vec<RecordedEvent> {
    let read = Read::forwards(Source::all_after(after));
    store.read(read).await.unwrap().collect().await.unwrap()
}

/// The same events, whenever they were recorded.
pub(crate) fn timeless(events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    let timeless = |event| RecordedEvent {
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
        ..event
    };
    events.into_iter().map(timeless).collect()
}

/// Everything of a history is recorded, once and in its order, and nothing else.
pub(crate) async fn assert_holds(store: &PostgresStore, history: &[Append]) {
    let recorded = recorded(store).await;
    let given = history.iter().flat_map(Append::events);
    assert!(
        given
            .map(|event| event.id)
            .eq(recorded.iter().map(|event| event.id))
    );
    assert_is_in_order(&recorded);
}

/// Positions are dense, and time does not go back.
pub(crate) fn assert_is_in_order(recorded: &[RecordedEvent]) {
    let positions = recorded.iter().map(|event| event.position.0);
    assert!(positions.eq(1..=recorded.len() as u64));
    assert!(recorded.is_sorted_by_key(|event| event.recorded_at));
}
