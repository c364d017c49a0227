//! Golden samples: a payload as it is stored, and what it is read as.
//!
//! Reading one takes the path that every reader takes, [`decode`]. In whichever format an event is
//! written, a sample keeps the JSON values that it holds. Personal fields are sealed under a
//! key that everybody knows, for one place that never was: what is sealed is made up, and it has to
//! have the same bytes each time. A value that is kept beside the log is in the sample itself.
//!
//! It has to be read in every state that personal data may be in: open, erased, and sealed without a
//! key. Only what it says when it is open is kept.

use std::sync::Arc;

use annals_core::payload::{Format, Payload};
use annals_core::{
    AppendId, ContentType, DataKey, DecodeFault, EncodeError, Event, EventId, EventType,
    InvalidName, Keys, Metadata, Origin, PersonalFault, Position, RecordedEvent, StreamId,
    StreamVersion, SubjectId, SubjectKey, Timestamp, bring_inside, decode, events_of, seal_event,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

const EVENT: EventId = EventId(Uuid::nil());

/// A payload as it is stored, and what it is read as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sample {
    /// Whom its personal fields are about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) subjects: Vec<String>,
    pub(crate) payload: Value,
    #[serde(default)]
    pub(crate) becomes: Vec<Outcome>,
}

/// An event that a sample is read as, in the shape that is written today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) event: String,
    pub(crate) version: u32,
    pub(crate) payload: Value,
}

/// Why a sample could not be stored or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleFault {
    /// It is not read any more. **Do:** mend the type or the upcaster.
    #[error("{0}")]
    Decode(#[source] DecodeFault),
    /// It is not read any more once its persons are forgotten. **Do:** let the upcaster pass
    /// `{"$erased": …}` on as it is, or declare the field of a typed step as `Personal<…>`.
    #[error("once its persons are forgotten: {0}")]
    Erased(#[source] DecodeFault),
    /// It is not read any more where there is no keyring. **Do:** let the upcaster pass
    /// `{"$sealed": …}` on as it is, or declare the field of a typed step as `Personal<…>`.
    #[error("without keys: {0}")]
    Sealed(#[source] DecodeFault),
    /// What it is has no stored form. **Do:** mend the type or the value.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A personal field cannot be sealed. **Do:** mend the type, or whom the field is about.
    #[error("field {field}: {fault}")]
    Personal {
        /// Its stored name.
        field: &'static str,
        /// Why not.
        #[source]
        fault: PersonalFault,
    },
    /// A name is none. **Do:** mend it.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// What was written is not of its format. **Do:** mend how the event is encoded.
    #[error("its payload is not of its format: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// A sample of an event as it is written today.
pub(crate) fn of_event<E: Event>(event: E) -> Result<Sample, SampleFault> {
    let (schema, subjects) = (event.schema(), event.subjects());
    let Outcome { payload, .. } = written(event)?;
    let mut sample = Sample {
        subjects,
        payload,
        becomes: Vec::new(),
    };
    sample.becomes = read::<E>(schema.name, schema.version, &sample)?;
    Ok(sample)
}

/// What a sample is read as.
pub(crate) fn read<E: Event>(
    name: &str,
    version: u32,
    sample: &Sample,
) -> Result<Vec<Outcome>, SampleFault> {
    let mut record = record(name, version, sample)?;
    record.keys = keys_of(&sample.subjects, &living())?;
    let events = decode::<E>(record.clone()).map_err(|error| SampleFault::Decode(error.fault))?;
    record.keys = keys_of(&sample.subjects, &SubjectKey::Erased)?;
    events_of::<E>(&record).map_err(|error| SampleFault::Erased(error.fault))?;
    record.keys = Keys::default();
    events_of::<E>(&record).map_err(|error| SampleFault::Sealed(error.fault))?;
    events.into_iter().map(|part| written(part.event)).collect()
}

fn record(name: &str, version: u32, sample: &Sample) -> Result<RecordedEvent, SampleFault> {
    Ok(RecordedEvent {
        position: Position(1),
        stream: stream(),
        version: StreamVersion(1),
        id: EVENT,
        append: AppendId(Uuid::nil()),
        event_type: EventType::new(name)?,
        schema_version: version,
        content_type: ContentType::json(),
        data: serde_json::to_vec(&sample.payload)?.into(),
        tags: Vec::new(),
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: Keys::default(),
    })
}

/// An event as it is written today.
fn written<E: Event>(mut event: E) -> Result<Outcome, SampleFault> {
    let keys = keys_of(&event.subjects(), &living())?;
    let origin = Origin {
        stream: &stream(),
        event: EVENT,
    };
    let mut beside = Vec::new();
    let sealed = seal_event(&mut event, &keys, &origin, &mut beside);
    sealed.map_err(|(field, fault)| SampleFault::Personal { field, fault })?;
    let schema = event.schema();
    let bytes = event.encode()?.into();
    let payload = match schema.format {
        Format::MessagePack => Payload::MessagePack(bytes),
        _ => Payload::Json(bytes),
    };
    let mut payload = payload.into_value()?;
    bring_inside(&mut payload, &beside);
    Ok(Outcome {
        event: schema.name.to_owned(),
        version: schema.version,
        payload,
    })
}

/// The key that everybody knows.
fn living() -> SubjectKey {
    SubjectKey::Living(Arc::new(DataKey::from_bytes([0; 32])))
}

fn keys_of(subjects: &[String], key: &SubjectKey) -> Result<Keys, InvalidName> {
    if subjects.is_empty() {
        return Ok(Keys::default());
    }
    let subjects = subjects.iter().map(|subject| {
        let subject = SubjectId::new(subject.as_str())?;
        Ok((subject, key.clone()))
    });
    Ok(Keys::of(subjects.collect::<Result<_, _>>()?))
}

fn stream() -> StreamId {
    StreamId::new("Sample", "1").expect("a category and an id")
}
