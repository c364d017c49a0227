//! What it means over HTTP that a command of the bus was not carried out.

use annals_core::FieldFault;
use annals_runtime::{CommandFault, Rejection};
use axum::http::StatusCode;

use crate::faults::Faults;
use crate::problem::Problem;

/// A refusal becomes the problem that the service makes of its own error.
impl<R> From<CommandFault<R>> for Problem
where
    Problem: From<R>,
{
    fn from(fault: CommandFault<R>) -> Self {
        match fault {
            CommandFault::Refused(refusal) => refusal.into(),
            CommandFault::Rejected(rejection) => rejection.into(),
            CommandFault::Transient(cause) => Self::unavailable(&*cause).detail(
                "the command may have been carried out: repeat it with its Idempotency-Key",
            ),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Invalid(faults) => Self::invalid(faults.into()),
            Rejection::Forbidden { reason } => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed").detail(reason)
            }
            Rejection::VersionMismatch { actual, .. } => Self::version_mismatch(actual),
            Rejection::KeyReused { key } => Self::key_reused(&key),
            Rejection::Erased(subject) => Self::person_erased(&subject),
            other => Self::internal(&other),
        }
    }
}

impl From<Vec<FieldFault>> for Faults {
    fn from(found: Vec<FieldFault>) -> Self {
        let mut faults = Self::default();
        for fault in found {
            faults.add(fault.field, fault.message);
        }
        faults
    }
}
