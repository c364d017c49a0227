//! Events before and after the store accepted them, as bytes.

use bytes::Bytes;
use jiff::Timestamp;

use crate::ids::{AppendId, EventId};
use crate::metadata::Metadata;
use crate::name::name_type;
use crate::personal::Keys;
use crate::position::{Position, StreamVersion};
use crate::query::Tag;
use crate::stream::StreamId;

name_type! {
    /// Stable name of what happened, in the past tense: `MoneyDeposited`.
    EventType, "event type"
}

name_type! {
    /// Media type of a payload.
    ContentType, "content type"
}

impl ContentType {
    /// `application/json`.
    pub fn json() -> Self {
        static JSON: std::sync::LazyLock<ContentType> =
            std::sync::LazyLock::new(|| ContentType("application/json".into()));
        JSON.clone()
    }

    /// `application/msgpack`.
    pub fn messagepack() -> Self {
        static MESSAGEPACK: std::sync::LazyLock<ContentType> =
            std::sync::LazyLock::new(|| ContentType("application/msgpack".into()));
        MESSAGEPACK.clone()
    }
}

/// An event that is to be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its identity: the same for every retry.
    pub id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// Which shape of that event type the payload has, from 1.
    pub schema_version: u32,
    /// Media type of the payload.
    pub content_type: ContentType,
    /// The payload, returned byte for byte.
    pub data: Bytes,
    /// What it is about, for queries and append conditions.
    pub tags: Vec<Tag>,
    /// Who, why, when.
    pub metadata: Metadata,
}

impl NewEvent {
    /// A JSON event of schema version 1 without tags and metadata.
    pub fn json(id: EventId, event_type: EventType, data: impl Into<Bytes>) -> Self {
        Self {
            id,
            event_type,
            schema_version: 1,
            content_type: ContentType::json(),
            data: data.into(),
            tags: Vec::new(),
            metadata: Metadata::default(),
        }
    }

    /// The same event with one more tag.
    #[must_use]
    pub fn tagged(mut self, tag: Tag) -> Self {
        self.tags.push(tag);
        self
    }
}

/// An event that the store accepted. It never changes again.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// Its place in the order of the whole store.
    pub position: Position,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in that stream.
    pub version: StreamVersion,
    /// Its identity.
    pub id: EventId,
    /// The append that brought it.
    pub append: AppendId,
    /// What happened.
    pub event_type: EventType,
    /// Which shape of that event type the payload has.
    pub schema_version: u32,
    /// Media type of the payload.
    pub content_type: ContentType,
    /// The payload, as it was appended.
    pub data: Bytes,
    /// What it is about.
    pub tags: Vec<Tag>,
    /// Who, why, when.
    pub metadata: Metadata,
    /// When the store accepted it, by the store's clock.
    pub recorded_at: Timestamp,
    /// What is at hand to read its personal data: none, unless a keyring attached it.
    pub keys: Keys,
}

impl RecordedEvent {
    /// When it happened: its business time, or when it was recorded if it has none.
    pub fn happened_at(&self) -> Timestamp {
        self.metadata.business_time.unwrap_or(self.recorded_at)
    }

    /// True if this is `event`, accepted earlier: same identity and same content.
    pub fn is_record_of(&self, event: &NewEvent) -> bool {
        self.id == event.id
            && self.event_type == event.event_type
            && self.schema_version == event.schema_version
            && self.content_type == event.content_type
            && self.data == event.data
            && self.tags == event.tags
            && self.metadata == event.metadata
    }
}
