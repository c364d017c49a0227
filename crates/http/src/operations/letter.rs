//! Dead letters and their events, as they are answered.

use annals_core::payload::Payload;
use annals_core::{DeadLetter, Metadata, ParkCause, Position, RecordedEvent, Released, Timestamp};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// An event that is parked, or was skipped.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LetterView {
    #[schema(value_type = u64)]
    position: Position,
    event_id: String,
    #[serde(rename = "type")]
    event_type: String,
    stream: String,
    /// What waits behind it.
    keys: Vec<String>,
    state: LetterState,
    /// How it failed the last time; null for one that was parked because it waits.
    failure: Option<FailureView>,
    /// The position of the parked event that it waited for when it was parked; null for one that
    /// failed.
    waits_for: Option<u64>,
    /// Set once a person gave it up.
    skipped: Option<SkippedView>,
}

/// What became of an event that was not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum LetterState {
    /// It could not be applied.
    Failed,
    /// It belongs to a key of which an earlier event is parked.
    Waits,
    /// A person decided that it is never to be applied.
    Skipped,
}

/// How an event failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FailureView {
    /// What happened.
    error: String,
    /// How often it was tried so far.
    attempts: u32,
    /// The version of the code that tried, as it calls itself.
    code_version: String,
    /// When it was tried last.
    at: Timestamp,
}

/// A person's decision to give an event up.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SkippedView {
    reason: String,
    at: Timestamp,
}

impl LetterView {
    pub(super) fn position(&self) -> Position {
        self.position
    }
}

impl From<DeadLetter> for LetterView {
    fn from(letter: DeadLetter) -> Self {
        let (state, failure, waits_for) = match letter.cause {
            ParkCause::Failed(failure) => {
                let failure = FailureView {
                    error: failure.error,
                    attempts: failure.tried.attempts,
                    code_version: failure.tried.code_version,
                    at: failure.tried.at,
                };
                (LetterState::Failed, Some(failure), None)
            }
            ParkCause::Waits(first) => (LetterState::Waits, None, Some(first.0)),
        };
        Self {
            position: letter.position,
            event_id: letter.event.to_string(),
            event_type: letter.event_type.to_string(),
            stream: letter.stream.to_string(),
            keys: letter.keys.iter().map(ToString::to_string).collect(),
            state: match letter.skipped {
                Some(_) => LetterState::Skipped,
                None => state,
            },
            failure,
            waits_for,
            skipped: letter.skipped.map(|skipped| SkippedView {
                reason: skipped.reason,
                at: skipped.at,
            }),
        }
    }
}

/// A dead letter, and its event as the store has it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct OpenedLetter {
    #[serde(flatten)]
    letter: LetterView,
    event: EventView,
}

/// An event as the store has it: neither upcast nor decoded.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventView {
    event_id: String,
    #[serde(rename = "type")]
    event_type: String,
    schema_version: u32,
    stream: String,
    /// Its place in the stream.
    version: u64,
    recorded_at: Timestamp,
    tags: Vec<String>,
    #[schema(value_type = Object)]
    metadata: Metadata,
    content_type: String,
    /// The payload as JSON, if it is in a format that this service reads.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    /// The bytes of the payload, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
}

impl OpenedLetter {
    pub(super) fn of(letter: DeadLetter, event: RecordedEvent) -> Self {
        Self {
            letter: letter.into(),
            event: event.into(),
        }
    }
}

impl From<RecordedEvent> for EventView {
    fn from(event: RecordedEvent) -> Self {
        let data = json_of(&event);
        let data_base64 = data.is_none().then(|| BASE64_STANDARD.encode(&event.data));
        Self {
            event_id: event.id.to_string(),
            event_type: event.event_type.to_string(),
            schema_version: event.schema_version,
            stream: event.stream.to_string(),
            version: event.version.0,
            recorded_at: event.recorded_at,
            tags: event.tags.iter().map(ToString::to_string).collect(),
            metadata: event.metadata,
            content_type: event.content_type.to_string(),
            data,
            data_base64,
        }
    }
}

/// What is JSON stays as it is, to the last digit.
fn json_of(event: &RecordedEvent) -> Option<Box<RawValue>> {
    match Payload::of(event).ok()? {
        Payload::Json(json) => serde_json::from_slice(&json).ok(),
        payload => serde_json::value::to_raw_value(&payload.into_value().ok()?).ok(),
    }
}

/// What came of trying parked events again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ReleasedView {
    /// The positions of those that are applied now.
    #[schema(value_type = Vec<u64>)]
    applied: Vec<Position>,
    /// The positions of those that are still parked: they failed again, or wait for one that is.
    #[schema(value_type = Vec<u64>)]
    parked: Vec<Position>,
}

impl From<Released> for ReleasedView {
    fn from(released: Released) -> Self {
        Self {
            applied: released.applied,
            parked: released.parked,
        }
    }
}

#[cfg(test)]
mod tests;
