//! The one decode path: every reader of events as types goes through here.
//!
//! A payload of the newest version is read at once. An older one is opened, upcast and then read;
//! in both cases its personal fields are opened with the keys that came with the record.

use serde::de;
use serde_json::Value;
use smallvec::SmallVec;

use crate::event::RecordedEvent;
use crate::payload::{Payload, Unreadable};
use crate::personal::{self, Origin, PersonalFault};
use crate::position::Position;
use crate::typed_event::{Event, EventSchema};
use crate::upcast::{RetiredEvent, Step, UpcastError, next_step, upcast};

/// An event as its type, with the record it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// What happened.
    pub event: E,
    /// Where, when, by whom; and the bytes as they are stored.
    pub record: RecordedEvent,
    /// Which of the events that the record is read as, from 0: others than the first there are
    /// only of a [retired](RetiredEvent) event that was split.
    pub part: usize,
}

/// What a record is read as: nearly always one event.
pub type Decoded<E> = SmallVec<[Recorded<E>; 1]>;

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
    /// Its payload cannot be got at.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Its payload is not of the shape its version promises. Of an event that may tell something about
    /// a person it says only what kind of mistake it is, and where: what serde says quotes the value.
    #[error("payload does not fit: {0}")]
    Payload(#[from] serde_json::Error),
    /// A personal field cannot be opened.
    #[error("field {field}: {fault}")]
    Personal {
        /// Its stored name.
        field: String,
        /// Why not.
        #[source]
        fault: PersonalFault,
    },
}

/// Reads a recorded event as its type, in its newest shape.
///
/// # Errors
/// [`DecodeError`] names the event and what is wrong with it.
pub fn decode<E: Event>(record: RecordedEvent) -> Result<Decoded<E>, DecodeError> {
    let events = events_of(&record)?;
    Ok(recorded(events, record))
}

/// What a recorded event is read as, without the record.
///
/// # Errors
/// As [`decode`].
pub fn events_of<E: Event>(record: &RecordedEvent) -> Result<SmallVec<[E; 1]>, DecodeError> {
    read(record).map_err(|fault| DecodeError {
        position: record.position,
        event_type: record.event_type.to_string(),
        fault: match fault {
            DecodeFault::Payload(error) if may_be_personal::<E>(record) => {
                DecodeFault::Payload(without_values(error))
            }
            fault => fault,
        },
    })
}

fn may_be_personal<E: Event>(record: &RecordedEvent) -> bool {
    let mut schemas = E::SCHEMAS.iter();
    !record.keys.is_empty() || schemas.any(|schema| !schema.personal.is_empty())
}

/// How what serde says of a value that does not fit begins, in front of the value.
const MISFITS: [&str; 7] = [
    "invalid type",
    "invalid value",
    "invalid length",
    "unknown variant",
    "unknown field",
    "missing field",
    "duplicate field",
];

fn without_values(error: serde_json::Error) -> serde_json::Error {
    if !error.is_data() {
        return error;
    }
    let told = error.to_string();
    let misfit = MISFITS.iter().find(|misfit| told.starts_with(**misfit));
    let misfit = misfit.unwrap_or(&"another shape");
    let (line, column) = (error.line(), error.column());
    de::Error::custom(match line {
        // It was read from JSON values, which have no places.
        0 => (*misfit).to_owned(),
        _ => format!("{misfit} at line {line} column {column}"),
    })
}

fn recorded<E>(mut events: SmallVec<[E; 1]>, record: RecordedEvent) -> Decoded<E> {
    if events.len() == 1
        && let Some(event) = events.pop()
    {
        return SmallVec::from_buf([Recorded {
            event,
            record,
            part: 0,
        }]);
    }
    let parts = events.into_iter().enumerate();
    let part = |(part, event)| Recorded {
        event,
        record: record.clone(),
        part,
    };
    parts.map(part).collect()
}

fn read<E: Event>(record: &RecordedEvent) -> Result<SmallVec<[E; 1]>, DecodeFault> {
    let name = record.event_type.as_str();
    let mut events = match (schema_of::<E>(name), retired::<E>(name)) {
        (Some(schema), _) => SmallVec::from_buf([read_as(schema, record)?]),
        (None, Some(retired)) => read_retired(retired, record)?,
        (None, None) => return Err(DecodeFault::UnknownType),
    };
    for event in &mut events {
        let opened = personal::open_event(event, record);
        opened.map_err(|(field, fault)| personal_fault(field.to_owned(), fault))?;
    }
    Ok(events)
}

fn read_as<E: Event>(schema: &EventSchema, record: &RecordedEvent) -> Result<E, DecodeFault> {
    let stored = record.schema_version;
    match next_step(schema, stored)? {
        Some(Step::Json(_)) => upcast_and_read(schema, stored, opened(record)?),
        // Its fields may have other names by now: they are opened under those they were sealed for.
        Some(Step::Typed) if !record.keys.is_empty() => {
            upcast_and_read(schema, stored, opened(record)?)
        }
        Some(Step::Typed) | None => Ok(E::decode(schema, stored, Payload::of(record)?)?),
    }
}

fn upcast_and_read<E: Event>(
    schema: &EventSchema,
    stored: u32,
    payload: Value,
) -> Result<E, DecodeFault> {
    let (version, payload) = upcast(schema, stored, payload)?;
    Ok(E::decode(schema, version, Payload::Value(payload))?)
}

fn read_retired<E: Event>(
    retired: &RetiredEvent,
    record: &RecordedEvent,
) -> Result<SmallVec<[E; 1]>, DecodeFault> {
    let became = (retired.becomes)(record.schema_version, opened(record)?);
    let events = became.into_iter().map(|became| {
        let name = became.name;
        let schema = schema_of::<E>(name).ok_or(UpcastError::BecameUnknown { name })?;
        upcast_and_read(schema, became.version, became.payload)
    });
    events.collect()
}

/// The payload as JSON, personal data open as far as there are keys.
fn opened(record: &RecordedEvent) -> Result<Value, DecodeFault> {
    let mut payload = Payload::of(record)?.into_value()?;
    if let Some(origin) = Origin::of(record) {
        let opened = personal::open_json(&mut payload, &record.keys, &origin);
        opened.map_err(|(field, fault)| personal_fault(field, fault))?;
    }
    Ok(payload)
}

fn personal_fault(field: String, fault: PersonalFault) -> DecodeFault {
    DecodeFault::Personal { field, fault }
}

/// The entry of an event type's schemas with this name, or with this one among those it once had.
pub fn schema_of<E: Event>(name: &str) -> Option<&'static EventSchema> {
    let mut schemas = E::SCHEMAS.iter();
    schemas.find(|schema| schema.name == name || schema.aliases.contains(&name))
}

fn retired<E: Event>(name: &str) -> Option<&'static RetiredEvent> {
    E::RETIRED.iter().find(|retired| retired.name == name)
}
