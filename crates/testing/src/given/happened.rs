//! Events as they happened in a test.

use std::time::Duration;

use annals_core::{
    AppendId, Event, EventId, Keys, Metadata, Position, RecordedEvent, StreamId, StreamVersion,
    Timestamp,
};

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

/// The events as a fresh store would hold them, each appended on its own.
pub(super) fn record<E: Event>(
    events: impl IntoIterator<Item = Happened<E>>,
) -> Vec<RecordedEvent> {
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
        keys: Keys::default(),
    }
}
