//! Events as a store returns them.

use annals_core::{
    AppendId, ContentType, EventId, EventType, Keys, Metadata, Position, RecordedEvent, StreamId,
    StreamVersion, Timestamp,
};
use uuid::Uuid;

/// An event of this type and version, with this payload.
pub(crate) fn recorded(name: &str, version: u32, data: Vec<u8>) -> RecordedEvent {
    RecordedEvent {
        position: Position(9),
        stream: StreamId::new("Account", "1").expect("a valid stream"),
        version: StreamVersion(1),
        id: EventId(Uuid::nil()),
        append: AppendId(Uuid::nil()),
        event_type: EventType::new(name).expect("a valid name"),
        schema_version: version,
        content_type: ContentType::json(),
        data: data.into(),
        tags: Vec::new(),
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
    }
}
