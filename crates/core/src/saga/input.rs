//! What a saga is told.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decode::Recorded;

/// What a saga is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Input<E> {
    /// Something happened.
    Event(Box<Recorded<E>>),
    /// A command it asked for was answered.
    Answer {
        /// The name it gave the call.
        call: String,
        /// What was answered.
        answer: Answer,
    },
    /// A timer it set is due.
    Timer {
        /// The name it gave the timer.
        name: String,
    },
    /// A person asks for something.
    Asked(Asked),
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// It was carried out, with this reply.
    Done(Value),
    /// A rule forbids it: it will never be carried out, and has changed nothing.
    Refused(Value),
    /// It was tried as often as it may be, and failed each time: it may or may not have been carried
    /// out.
    GaveUp {
        /// How the last attempt failed.
        error: String,
    },
}

/// What a person asks of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asked {
    /// To try again what failed.
    Retry,
    /// To go on as if what failed had been done: somebody has seen to it.
    Skip {
        /// Why.
        reason: String,
    },
    /// To undo what was done.
    Compensate {
        /// Why.
        reason: String,
    },
    /// To be over at once, as it is. The saga itself is not told.
    Cancel {
        /// Why.
        reason: String,
    },
}
