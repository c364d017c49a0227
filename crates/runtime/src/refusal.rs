//! Refusals of commands with an idempotency key, kept in streams of their own.
//!
//! A refused command records nothing in its aggregate's stream. Its repeat must be refused all
//! the same, also when the aggregate would accept it by then, so the refusal itself is recorded.

use annals_core::{
    Append, AppendId, EncodeError, EventId, EventType, ExpectedVersion, InvalidName, Metadata,
    NewEvent, Query, QueryItem, RecordedEvent, StreamId,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const CATEGORY: &str = "Refusal";
const EVENT_TYPE: &str = "CommandRefused";

/// The payload of a kept refusal.
#[derive(Serialize, Deserialize)]
pub(crate) struct CommandRefused<E> {
    /// The aggregate that refused.
    pub(crate) stream: StreamId,
    /// Its reason.
    pub(crate) error: E,
}

impl<E: Serialize> CommandRefused<E> {
    /// What keeps this refusal, under the id that the command's own append would have had: of
    /// a refusal and an acceptance of one request, the store takes only one.
    pub(crate) fn to_append(
        &self,
        id: AppendId,
        metadata: Metadata,
    ) -> Result<Append, EncodeError> {
        let event_id = EventId::of_append(id, 0);
        let payload = serde_json::to_vec(self)?;
        let event = NewEvent {
            metadata,
            ..NewEvent::json(event_id, EventType::new(EVENT_TYPE)?, payload)
        };
        let stream = StreamId::new(CATEGORY, &id.to_string())?;
        Ok(Append::to(stream, ExpectedVersion::NoStream, vec![event]).with_id(id))
    }
}

impl<E: DeserializeOwned> CommandRefused<E> {
    /// Reads a kept refusal.
    pub(crate) fn from_record(record: &RecordedEvent) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(&record.data)
    }
}

/// All kept refusals.
pub(crate) fn refusals() -> Result<Query, InvalidName> {
    let refused = QueryItem::default().types([EventType::new(EVENT_TYPE)?]);
    Ok(Query::any_of([refused]))
}
