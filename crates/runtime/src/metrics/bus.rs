//! What is measured of commands that are sent by the bus.

use std::time::Duration;

use ::metrics::{Counter, Histogram};

use super::names::{COMMAND_ANSWER, COMMANDS};
use crate::command_bus::{CommandFault, Rejection};

/// The metrics of the commands of one type.
pub(crate) struct BusMeter {
    by_outcome: [Counter; Answered::ALL.len()],
    took: Histogram,
}

/// What came of a command, as its sender sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    Done,
    Refused,
    Invalid,
    Forbidden,
    VersionMismatch,
    KeyReused,
    Erased,
    Failed,
}

impl BusMeter {
    pub(crate) fn new(command: &str) -> Self {
        Self {
            by_outcome: Answered::ALL.map(|outcome| COMMANDS.counter(&[command, outcome.as_str()])),
            took: COMMAND_ANSWER.histogram(&[command]),
        }
    }

    pub(crate) fn answered(&self, outcome: Answered, took: Duration) {
        self.by_outcome[outcome as usize].increment(1);
        self.took.record(took);
    }
}

impl Answered {
    /// In the order of their declaration.
    const ALL: [Self; 8] = [
        Self::Done,
        Self::Refused,
        Self::Invalid,
        Self::Forbidden,
        Self::VersionMismatch,
        Self::KeyReused,
        Self::Erased,
        Self::Failed,
    ];

    pub(crate) fn of<T, R>(answer: &Result<T, CommandFault<R>>) -> Self {
        match answer {
            Ok(_) => Self::Done,
            Err(CommandFault::Refused(_)) => Self::Refused,
            Err(CommandFault::Rejected(Rejection::Invalid(_))) => Self::Invalid,
            Err(CommandFault::Rejected(Rejection::Forbidden { .. })) => Self::Forbidden,
            Err(CommandFault::Rejected(Rejection::VersionMismatch { .. })) => Self::VersionMismatch,
            Err(CommandFault::Rejected(Rejection::KeyReused { .. })) => Self::KeyReused,
            Err(CommandFault::Rejected(Rejection::Erased(_))) => Self::Erased,
            Err(CommandFault::Transient(_)) => Self::Failed,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
            Self::Forbidden => "forbidden",
            Self::VersionMismatch => "versionMismatch",
            Self::KeyReused => "keyReused",
            Self::Erased => "erased",
            Self::Failed => "failed",
        }
    }
}
