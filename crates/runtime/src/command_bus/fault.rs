//! Why a command was not carried out: a variant per action of who sent it.

use std::fmt::{Display, Formatter};
use std::sync::Arc;

use annals_core::{Cause, ExpectedVersion, FieldFault, StreamVersion, SubjectId};
use serde::Serialize;
use serde_json::Value;

use super::Undelivered;
use crate::error::{ExecuteError, LoadError};

/// Why a command was not carried out. There is no other answer than these three; what there may be
/// more of are [`Rejection`]s.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommandFault<R> {
    /// A rule forbids it. Nothing was changed.
    /// **Do:** something else; under the same idempotency key the answer stays the same.
    #[error("refused")]
    Refused(R),
    /// It cannot be carried out as it was sent, and this time nothing was changed. An earlier time, of
    /// which no answer came, it may have been carried out.
    /// **Do:** what [`Rejection`] says; to send the same again does not help.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Nobody knows whether it was carried out.
    /// **Do:** back off, then send it again under the same idempotency key.
    #[error("not answered: {0}")]
    Transient(#[source] Cause),
}

/// Why a command cannot be carried out as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Its shape is wrong.
    /// **Do:** mend every field that is named.
    #[error("not valid: {}", Listed(.0))]
    Invalid(Vec<FieldFault>),

    /// Whoever sent it may not.
    /// **Do:** tell them, or have somebody send it who may.
    #[error("not allowed: {reason}")]
    Forbidden {
        /// What [`Authorize`](super::Authorize) says.
        reason: String,
    },

    /// What it is about is not at the version that was asked for.
    /// **Do:** load it, show what changed, ask again.
    #[error("the version is {actual}, expected {expected:?}")]
    VersionMismatch {
        /// What was asked for.
        expected: ExpectedVersion,
        /// What is there.
        actual: StreamVersion,
    },

    /// The idempotency key was used for another request.
    /// **Do:** give each request a key of its own.
    #[error("idempotency key {key:?} was used for another request")]
    KeyReused {
        /// Which key.
        key: String,
    },

    /// Something personal was to be recorded about a person who was forgotten.
    /// **Do:** tell whoever asked. A person who comes back is another one, with a pseudonym of their
    /// own.
    #[error("personal data of {0} was erased: nothing personal is recorded about them any more")]
    Erased(SubjectId),
}

/// Faults, one after the other.
struct Listed<'f>(&'f [FieldFault]);

impl<R> CommandFault<R> {
    /// A failure that may pass.
    pub fn transient(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Transient(Arc::new(cause))
    }
}

impl<R: Serialize> CommandFault<R> {
    /// The same, with the refusal as JSON.
    pub(super) fn into_json(self) -> CommandFault<Value> {
        match self {
            Self::Refused(refusal) => match serde_json::to_value(refusal) {
                Ok(refusal) => CommandFault::Refused(refusal),
                Err(error) => Undelivered::Answer(error).into(),
            },
            Self::Rejected(rejection) => CommandFault::Rejected(rejection),
            Self::Transient(cause) => CommandFault::Transient(cause),
        }
    }
}

impl<R> From<Undelivered> for CommandFault<R> {
    fn from(undelivered: Undelivered) -> Self {
        Self::transient(undelivered)
    }
}

/// What an aggregate answered, to who sent a command by the bus.
impl<E: std::error::Error + Send + Sync + 'static> From<ExecuteError<E>> for CommandFault<E> {
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Refused(refusal),
            ExecuteError::VersionMismatch { expected, actual } => {
                Rejection::VersionMismatch { expected, actual }.into()
            }
            ExecuteError::KeyReused { key } => Rejection::KeyReused { key }.into(),
            ExecuteError::Erased(subject) => Rejection::Erased(subject).into(),
            ExecuteError::Load(LoadError::InvalidId(name)) => {
                let fault = FieldFault::new("", format!("names nothing that can be: {name}"));
                Rejection::Invalid(vec![fault]).into()
            }
            error => Self::transient(error),
        }
    }
}

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let space = if fault.field.is_empty() { "" } else { " " };
            write!(f, "{separator}{}{space}{}", fault.field, fault.message)?;
        }
        Ok(())
    }
}
