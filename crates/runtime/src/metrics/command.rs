//! What is measured of commands.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::Histogram;

use super::names::COMMAND_DURATION;
use crate::error::ExecuteError;
use crate::execute::Executed;

/// The metrics of the commands to one kind of aggregate. Clones share them.
#[derive(Clone)]
pub(crate) struct CommandMeter(Arc<[Histogram; Outcome::ALL.len()]>);

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Executed,
    Repeated,
    Refused,
    VersionMismatch,
    Contended,
    KeyReused,
    Failed,
}

impl CommandMeter {
    pub(crate) fn new(aggregate: &str) -> Self {
        let by_outcome =
            Outcome::ALL.map(|outcome| COMMAND_DURATION.histogram(&[aggregate, outcome.as_str()]));
        Self(Arc::new(by_outcome))
    }

    pub(crate) fn command(&self, outcome: Outcome, took: Duration) {
        self.0[outcome as usize].record(took);
    }
}

impl Outcome {
    /// In the order of their declaration.
    const ALL: [Self; 7] = [
        Self::Executed,
        Self::Repeated,
        Self::Refused,
        Self::VersionMismatch,
        Self::Contended,
        Self::KeyReused,
        Self::Failed,
    ];

    pub(crate) fn of<A, E>(answer: &Result<Executed<A>, ExecuteError<E>>) -> Self {
        match answer {
            Ok(executed) if executed.repeated => Self::Repeated,
            Ok(_) => Self::Executed,
            Err(ExecuteError::Refused(_)) => Self::Refused,
            Err(ExecuteError::VersionMismatch { .. }) => Self::VersionMismatch,
            Err(ExecuteError::Contended { .. }) => Self::Contended,
            Err(ExecuteError::KeyReused { .. }) => Self::KeyReused,
            Err(_) => Self::Failed,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Repeated => "repeated",
            Self::Refused => "refused",
            Self::VersionMismatch => "versionMismatch",
            Self::Contended => "contended",
            Self::KeyReused => "keyReused",
            Self::Failed => "failed",
        }
    }
}
