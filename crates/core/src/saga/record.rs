//! What is recorded of an instance: each input, what was decided on it, and the instance after it.

use std::num::NonZeroUsize;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::EventType;
use crate::ids::EventId;
use crate::name::InvalidName;
use crate::payload::{self, Payload};
use crate::position::Position;
use crate::stream::StreamId;
use crate::typed_event::{EncodeError, Event, EventSchema};

use super::{Answer, Asked, Decision, Instance, InstanceId, SagaStatus};

/// Streams of instances are in categories that begin so.
const CATEGORY: &str = "Saga:";

/// What happens to an instance, in the stream of that instance. Each event holds all there is to know
/// of the instance after it: the last is all that has to be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum SagaEvent {
    /// It took an input in.
    Reacted {
        /// What it was told.
        input: SagaInput,
        /// What it decided.
        decisions: Vec<Decision>,
        /// How it is now.
        instance: Box<Instance>,
    },
    /// It was told something that changed nothing.
    Ignored {
        /// What it was told.
        input: SagaInput,
        /// Why it changed nothing.
        why: Unwanted,
        /// How it is. `None`: it was never started.
        instance: Option<Box<Instance>>,
    },
}

/// Why an input changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
pub enum Unwanted {
    /// The instance was never started.
    #[error("it was never started")]
    NotFound,
    /// It is over.
    #[error("it is over")]
    Ended,
    /// Nobody waits for it: the call or the timer is not open.
    #[error("it does not wait for that")]
    NotOpen,
    /// It is not parked, so there is nothing to retry or to skip.
    #[error("it is not parked")]
    NotParked,
}

impl Unwanted {
    /// `notFound`, `ended`, `notOpen` or `notParked`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFound => "notFound",
            Self::Ended => "ended",
            Self::NotOpen => "notOpen",
            Self::NotParked => "notParked",
        }
    }
}

/// What an instance is told, as it is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum SagaInput {
    /// Something happened.
    Event {
        /// Where it is recorded.
        position: Position,
        /// Which event it is.
        id: EventId,
        /// Which [part](crate::Recorded::part) of what it is read as.
        part: usize,
        /// What happened.
        event_type: EventType,
    },
    /// A call was answered.
    Answer {
        /// Its name.
        call: String,
        /// Which call it is.
        number: u64,
        /// To which attempt.
        attempt: u32,
        /// What was answered.
        answer: Answer,
    },
    /// An attempt of a call failed, and another will be made.
    Failure {
        /// Its name.
        call: String,
        /// Which call it is.
        number: u64,
        /// Which attempt.
        attempt: u32,
        /// How it failed.
        error: String,
        /// When the next attempt may be made.
        not_before: Timestamp,
    },
    /// A timer was due.
    Timer {
        /// Its name.
        name: String,
        /// Which timer it is.
        number: u64,
    },
    /// A person asked for something.
    Asked {
        /// What for.
        asked: Asked,
        /// Who.
        by: String,
        /// Which request it is.
        id: String,
    },
}

impl SagaInput {
    /// What makes it one input of its instance: the same for each repeat of it.
    pub fn key(&self) -> String {
        match self {
            Self::Event { id, part, .. } => format!("event {id}/{part}"),
            Self::Answer {
                number, attempt, ..
            }
            | Self::Failure {
                number, attempt, ..
            } => {
                format!("call {number}/{attempt}")
            }
            Self::Timer { number, .. } => format!("timer {number}"),
            Self::Asked { id, .. } => format!("asked {id}"),
        }
    }
}

impl Instance {
    /// Why an input would change nothing. `None`: it is to be taken in.
    pub fn unwanted(&self, input: &SagaInput) -> Option<Unwanted> {
        if self.has_ended() {
            return Some(Unwanted::Ended);
        }
        match input {
            SagaInput::Answer {
                call,
                number,
                attempt,
                ..
            }
            | SagaInput::Failure {
                call,
                number,
                attempt,
                ..
            } => {
                let open = self.calls.get(call);
                let is_open = open.is_some_and(|open| open.is_at(*number, *attempt));
                (!is_open).then_some(Unwanted::NotOpen)
            }
            SagaInput::Timer { name, number } => {
                let open = self.timers.get(name);
                let is_open = open.is_some_and(|open| open.number == *number);
                (!is_open).then_some(Unwanted::NotOpen)
            }
            SagaInput::Asked {
                asked: Asked::Retry | Asked::Skip { .. },
                ..
            } => {
                let is_parked = matches!(self.status, SagaStatus::Parked { .. });
                (!is_parked).then_some(Unwanted::NotParked)
            }
            SagaInput::Event { .. } | SagaInput::Asked { .. } => None,
        }
    }
}

impl InstanceId {
    /// The stream it is recorded in, as an instance of the saga of this name.
    ///
    /// # Errors
    /// [`InvalidName`] when both are too long together, or the saga's name holds a `-`.
    pub fn stream(&self, saga: &str) -> Result<StreamId, InvalidName> {
        StreamId::new(&format!("{CATEGORY}{saga}"), self.as_str())
    }

    /// Which of so many shares it belongs to, counted from 0: the same in every process and in every version
    /// of the program. Names that differ little are spread evenly.
    pub fn share_of(&self, shares: NonZeroUsize) -> usize {
        let hash = blake3::hash(self.as_str().as_bytes());
        let first = hash.as_bytes().first_chunk().expect("a hash is longer");
        let share = u64::from_le_bytes(*first) % shares.get() as u64;
        usize::try_from(share).expect("it is less than their number")
    }
}

impl SagaEvent {
    /// The saga that a stream is of, and which instance of it.
    pub fn instance_of(stream: &StreamId) -> Option<(&str, &str)> {
        let saga = stream.category().strip_prefix(CATEGORY)?;
        Some((saga, stream.id()))
    }

    /// What the instance was told.
    pub fn input(&self) -> &SagaInput {
        match self {
            Self::Reacted { input, .. } | Self::Ignored { input, .. } => input,
        }
    }

    /// How the instance is now. `None`: it was never started.
    pub fn instance(&self) -> Option<&Instance> {
        match self {
            Self::Reacted { instance, .. } => Some(instance),
            Self::Ignored { instance, .. } => instance.as_deref(),
        }
    }
}

impl Event for SagaEvent {
    const SCHEMAS: &'static [EventSchema] = &[
        EventSchema::new("SagaReacted", "Reacted"),
        EventSchema::new("SagaIgnored", "Ignored"),
    ];

    fn schema(&self) -> &'static EventSchema {
        match self {
            Self::Reacted { .. } => &Self::SCHEMAS[0],
            Self::Ignored { .. } => &Self::SCHEMAS[1],
        }
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(
        schema: &EventSchema,
        _: u32,
        payload: Payload<'_>,
    ) -> Result<Self, serde_json::Error> {
        payload::read(schema.variant, payload)
    }
}
