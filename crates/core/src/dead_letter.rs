//! Dead letters: events that a projection could not apply, and those that wait behind them.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{EventType, RecordedEvent};
use crate::ids::EventId;
use crate::parking::PartitionKey;
use crate::position::Position;
use crate::projection::{ProjectionBatch, ProjectionError};
use crate::stream::StreamId;

/// An event that is parked, or was skipped for good. The event itself stays in the store alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Where the event is.
    pub position: Position,
    /// Which it is.
    pub event: EventId,
    /// What it says.
    pub event_type: EventType,
    /// Whose history it belongs to.
    pub stream: StreamId,
    /// What waits behind it.
    pub keys: Vec<PartitionKey>,
    /// Why it was not applied.
    pub cause: ParkCause,
    /// Set once a person decided that it is never to be applied.
    pub skipped: Option<Skipped>,
}

/// Why an event was not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ParkCause {
    /// It could not be.
    Failed(Failure),
    /// It belongs to a key of which an earlier event is parked: the one at this position.
    Waits(Position),
}

/// How an event failed the last time it was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened.
    pub error: String,
    /// How it was tried.
    #[serde(flatten)]
    pub tried: Tried,
}

/// Who tried to apply an event, when, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tried {
    /// How often so far.
    pub attempts: u32,
    /// The version of the code, as it calls itself.
    pub code_version: String,
    /// When.
    pub at: Timestamp,
}

/// A person's decision that an event is never to be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl DeadLetter {
    /// Of an event that is being parked.
    pub(crate) fn new(event: &RecordedEvent, keys: Vec<PartitionKey>, cause: ParkCause) -> Self {
        Self {
            position: event.position,
            event: event.id,
            event_type: event.event_type.clone(),
            stream: event.stream.clone(),
            keys,
            cause,
            skipped: None,
        }
    }

    /// As it is kept.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a letter has texts and numbers only")
    }

    /// As it was kept.
    ///
    /// # Errors
    /// [`ProjectionError::Damaged`] when it is not one.
    pub fn from_json(json: &str) -> Result<Self, ProjectionError> {
        serde_json::from_str(json).map_err(|error| ProjectionError::Damaged {
            reason: format!("a dead letter cannot be read: {error}"),
        })
    }

    /// This letter without what errors and persons wrote into it.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        if let ParkCause::Failed(failure) = &mut self.cause {
            REDACTED.clone_into(&mut failure.error);
        }
        if let Some(skipped) = &mut self.skipped {
            REDACTED.clone_into(&mut skipped.reason);
        }
        self
    }

    /// This letter, for an event that was parked before: its attempts count on.
    #[must_use]
    pub fn after(mut self, before: &Self) -> Self {
        let (earlier, now) = (&before.cause, &mut self.cause);
        if let (ParkCause::Failed(earlier), ParkCause::Failed(now)) = (earlier, now) {
            now.tried.attempts += earlier.tried.attempts;
        }
        self
    }
}

const REDACTED: &str = "redacted: it was about a person whose data was erased";

/// What came of trying parked events again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Released {
    /// Those that are applied now.
    pub applied: Vec<Position>,
    /// Those that are still parked: they failed again, or wait for one that is parked.
    pub parked: Vec<Position>,
}

/// The dead letters of one projection.
///
/// # Contract
///
/// 1. An event that is parked has no effect on the read model, and neither has a later one of any
///    of its [keys](PartitionKey): that is parked as well, in the transaction in which it would
///    have been applied. Events of other keys are applied.
/// 2. What is parked and where the checkpoint is commit together: no event is lost between them,
///    and none is both parked and applied.
/// 3. Released events are applied in the order of their positions, and have the effect that they
///    would have had. One that has to wait for another that stays parked stays as well.
/// 4. What was skipped is told for ever.
/// 5. What is redacted loses its texts and nothing else.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Applies a batch but for the event that failed, which is parked, and those that wait for it.
    async fn park(
        &self,
        batch: ProjectionBatch,
        failed: Position,
        failure: Failure,
    ) -> Result<(), ProjectionError>;

    /// Letters after a position, in order, at most so many; skipped ones as well.
    async fn list(&self, after: Position, limit: u32) -> Result<Vec<DeadLetter>, ProjectionError>;

    /// How many events are parked now; those that were skipped are not.
    async fn parked(&self) -> Result<u64, ProjectionError>;

    /// The letters of all events that are parked now, in order; those that were skipped are not
    /// read for it.
    async fn all_parked(&self) -> Result<Vec<DeadLetter>, ProjectionError>;

    /// Tries to apply parked events, given as the store has them in the order of their positions,
    /// in one transaction. Those that are not parked are passed over. One that fails again counts
    /// its attempts on.
    async fn release(
        &self,
        events: Arc<[RecordedEvent]>,
        tried: Tried,
    ) -> Result<Released, ProjectionError>;

    /// Gives up a parked event for good. Nothing waits for it any more; what waited is applied
    /// once it is released. True if it was parked.
    async fn skip(&self, position: Position, skipped: Skipped) -> Result<bool, ProjectionError>;

    /// Takes the texts out of the letters of events, which may quote what the events say. Answers of
    /// how many: not each of the events needs to have a letter.
    async fn redact(&self, positions: &[Position]) -> Result<u64, ProjectionError>;
}
