//! Given/then for projections.

use std::collections::HashMap;
use std::fmt::Debug;
use std::time::Duration;

use annals_core::{
    AppendId, Event, EventId, Metadata, Position, Projection, Recorded, RecordedEvent, StreamId,
    StreamVersion, Timestamp, decode,
};

use super::difference::difference;

/// An event as it happened in a test: where, and if it matters when and as part of what.
#[derive(Debug, Clone)]
pub struct Happened<E> {
    stream: StreamId,
    event: E,
    recorded_at: Option<Timestamp>,
    metadata: Metadata,
}

/// An event of a stream.
///
/// # Panics
/// When the text is no stream id.
pub fn happened<E>(stream: &str, event: E) -> Happened<E> {
    let stream = stream.parse();
    Happened {
        stream: stream.unwrap_or_else(|error| panic!("{error}")),
        event,
        recorded_at: None,
        metadata: Metadata::default(),
    }
}

impl<E> Happened<E> {
    /// The same event, recorded at that time. Without it, a second after the event before; the
    /// first at the beginning of 1970.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.recorded_at = Some(time);
        self
    }

    /// The same event with metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }
}

/// Begins a test of a projection with what happened, in this order.
///
/// The events go the way they go in production: they are encoded, recorded with positions and
/// versions, selected by the projection's query, decoded, and folded.
///
/// ```ignore
/// given_events::<Balance>([
///     happened("BankAccount-1", AccountEvent::Deposited { amount: 50 }),
///     happened("BankAccount-1", AccountEvent::Withdrawn { amount: 20 }),
/// ])
/// .then_row("1", Balance { account: "1".into(), amount: 30 });
/// ```
///
/// # Panics
/// When an event cannot be encoded or decoded, or a row has another key than it was folded for.
pub fn given_events<P>(events: impl IntoIterator<Item = Happened<P::Event>>) -> GivenEvents<P>
where
    P: Projection,
    P::Key: Debug,
{
    let query = P::query();
    let mut rows = HashMap::new();
    for record in record(events) {
        if query.matches(&record.stream, &record.event_type, &record.tags) {
            let event = decode(record).unwrap_or_else(|error| panic!("{error}"));
            fold::<P>(&mut rows, &event);
        }
    }
    GivenEvents { rows }
}

/// The rows that a projection made of events.
#[derive(Debug)]
pub struct GivenEvents<P: Projection> {
    rows: HashMap<P::Key, P>,
}

impl<P> GivenEvents<P>
where
    P: Projection + Debug + PartialEq,
    P::Key: Debug,
{
    /// Expects this row.
    ///
    /// # Panics
    /// When there is another one, or none, under the key.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an expected row is written in place, and an ampersand before it says nothing"
    )]
    pub fn then_row(self, key: impl Into<P::Key>, expected: P) -> Self {
        let key = key.into();
        match self.rows.get(&key) {
            Some(row) if *row == expected => self,
            Some(row) => {
                let difference = difference(&[&expected], &[row]);
                panic!("the row of {key:?} is another one\n{difference}")
            }
            None => panic!("there is no row of {key:?}\nexpected {expected:#?}"),
        }
    }

    /// Expects no row under this key.
    ///
    /// # Panics
    /// When there is one.
    #[track_caller]
    pub fn then_no_row(self, key: impl Into<P::Key>) -> Self {
        let key = key.into();
        match self.rows.get(&key) {
            Some(row) => panic!("there is a row of {key:?}, expected none\n{row:#?}"),
            None => self,
        }
    }
}

fn fold<P>(rows: &mut HashMap<P::Key, P>, event: &Recorded<P::Event>)
where
    P: Projection,
    P::Key: Debug,
{
    for key in P::keys(event) {
        let row = rows.remove(&key);
        if let Some(row) = P::fold(row, &key, event) {
            assert!(
                row.key() == key,
                "the row folded for {key:?} has the key {:?}",
                row.key()
            );
            rows.insert(key, row);
        }
    }
}

/// The events as a fresh store would hold them, each appended on its own.
fn record<E: Event>(events: impl IntoIterator<Item = Happened<E>>) -> Vec<RecordedEvent> {
    let mut log: Vec<RecordedEvent> = Vec::new();
    for happened in events {
        let of_stream = log.iter().filter(|event| event.stream == happened.stream);
        let version = StreamVersion(of_stream.count() as u64).next();
        let position = Position(log.len() as u64).next();
        let next_second = log.last().map_or(Timestamp::UNIX_EPOCH, |last| {
            last.recorded_at + Duration::from_secs(1)
        });
        log.push(recorded(happened, position, version, next_second));
    }
    log
}

fn recorded<E: Event>(
    happened: Happened<E>,
    position: Position,
    version: StreamVersion,
    next_second: Timestamp,
) -> RecordedEvent {
    let append = AppendId::of_key("given_events", &position.to_string());
    let event = happened
        .event
        .to_new(EventId::of_append(append, 0), happened.metadata)
        .unwrap_or_else(|error| panic!("the event at position {position}: {error}"));
    RecordedEvent {
        position,
        stream: happened.stream,
        version,
        id: event.id,
        append,
        event_type: event.event_type,
        schema_version: event.schema_version,
        content_type: event.content_type,
        data: event.data,
        tags: event.tags,
        metadata: event.metadata,
        recorded_at: happened.recorded_at.unwrap_or(next_second),
    }
}
