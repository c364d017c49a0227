//! Commands with an idempotency key that led to nothing, kept in streams of their own.
//!
//! Nothing is recorded in the stream of the aggregate. A repeat must lead to nothing all the same, also
//! when something would follow from it by then, and is answered with the aggregate as it was: so it is
//! recorded at which version that was.

use annals_core::{
    Append, AppendId, EncodeError, EventId, EventType, ExpectedVersion, Metadata, NewEvent,
    RecordedEvent, StreamId, StreamVersion,
};
use serde::{Deserialize, Serialize};

const CATEGORY: &str = "Unchanged";
const EVENT_TYPE: &str = "CommandUnchanged";

/// The payload of what is kept of such a command.
#[derive(Serialize, Deserialize)]
pub(crate) struct CommandUnchanged {
    /// The aggregate that stayed as it was.
    pub(crate) stream: StreamId,
    /// At which version.
    pub(crate) version: StreamVersion,
}

impl CommandUnchanged {
    /// What keeps it, under the id that the command's own append would have had: of all answers to one
    /// request, the store takes only one.
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

    /// Reads what was kept. `None`: it is something else.
    pub(crate) fn from_record(record: &RecordedEvent) -> Option<Result<Self, serde_json::Error>> {
        let is_one = record.event_type.as_str() == EVENT_TYPE;
        is_one.then(|| serde_json::from_slice(&record.data))
    }
}
