//! The one decode path: every reader of events as types goes through here.

use crate::event::RecordedEvent;
use crate::position::Position;
use crate::typed_event::{Event, EventSchema};
use crate::upcast::{UpcastError, upcast};

/// An event as its type, with the record it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// What happened.
    pub event: E,
    /// Where, when, by whom; and the bytes as they are stored.
    pub record: RecordedEvent,
}

/// Why a stored event could not be read as its type.
///
/// **Do:** fix or deploy the code that knows this event; the stored bytes are intact.
#[derive(Debug, thiserror::Error)]
#[error("event {event_type} at position {position}: {fault}")]
pub struct DecodeError {
    /// Where the event is.
    pub position: Position,
    /// Its stored name.
    pub event_type: String,
    /// What is wrong.
    #[source]
    pub fault: DecodeFault,
}

/// What is wrong with a stored event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeFault {
    /// The type does not know this name.
    #[error("unknown event type")]
    UnknownType,
    /// Its version cannot be brought to the newest.
    #[error(transparent)]
    Upcast(#[from] UpcastError),
    /// Its payload is not of the shape its version promises.
    #[error("payload does not fit: {0}")]
    Payload(#[from] serde_json::Error),
}

/// Reads a recorded event as its type: upcast, then deserialize.
///
/// # Errors
/// [`DecodeError`] names the event and what is wrong with it.
pub fn decode<E: Event>(record: RecordedEvent) -> Result<Recorded<E>, DecodeError> {
    match decode_payload(&record) {
        Ok(event) => Ok(Recorded { event, record }),
        Err(fault) => Err(DecodeError {
            position: record.position,
            event_type: record.event_type.to_string(),
            fault,
        }),
    }
}

fn decode_payload<E: Event>(record: &RecordedEvent) -> Result<E, DecodeFault> {
    let schema = schema_of::<E>(record.event_type.as_str()).ok_or(DecodeFault::UnknownType)?;
    if record.schema_version == schema.version {
        return Ok(E::decode(schema, &record.data)?);
    }
    let payload = serde_json::from_slice(&record.data)?;
    let payload = upcast(schema, record.schema_version, payload)?;
    Ok(E::decode(schema, &serde_json::to_vec(&payload)?)?)
}

/// The entry of an event type's schemas with this name.
pub fn schema_of<E: Event>(name: &str) -> Option<&'static EventSchema> {
    E::SCHEMAS.iter().find(|schema| schema.name == name)
}
