//! Why a group was not answered, and what that says of its appends.

use std::sync::Arc;

use annals_core::{AppendError, Cause};
use tokio_postgres::error::SqlState;

use crate::error::PostgresError;
use crate::inline::InlineProjector;

/// What the database says to an append whose time has passed.
const TOO_LATE: &str = "AN001";

/// Why a group was not answered.
pub(super) enum Failure {
    /// It holds what is recorded already, or so the database says.
    Repeats(AppendError),
    /// Nothing was written.
    Refused(AppendError),
    /// Nothing was written: by the server's clock, its time had passed.
    TooLate(AppendError),
    /// Nobody knows.
    Lost(Cause),
    /// Nothing was written: the connection broke before the commit.
    Broken(AppendError),
    /// Nothing was written: an inline projection has more to take in than there is time for.
    Behind(Arc<dyn InlineProjector>),
    /// Nothing was written: one of its appends can never be.
    Unfit(AppendError),
}

/// The server's answer was lost, or did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Lost(String);

impl Lost {
    pub(super) fn because(reason: &str) -> Cause {
        Arc::new(Self(reason.to_owned()))
    }

    pub(super) fn in_time() -> Cause {
        Self::because("no answer came in time")
    }
}

impl Failure {
    /// Nothing was written, since nothing was committed.
    pub(super) fn broken(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Broken(AppendError::Unavailable { reason })
    }

    pub(super) fn of(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return Self::Lost(Arc::new(error));
        };
        // A server that ends the session may have committed before it did.
        let severity = said.parsed_severity();
        if severity != Some(tokio_postgres::error::Severity::Error) {
            return Self::Lost(Arc::new(error));
        }
        let code = said.code().clone();
        let refusal = PostgresError::from(error).into();
        match code {
            SqlState::UNIQUE_VIOLATION => Self::Repeats(refusal),
            code if code.code() == TOO_LATE => Self::TooLate(refusal),
            code if is_about_data(&code) => Self::Unfit(refusal),
            _ => Self::Refused(refusal),
        }
    }
}

/// Of what comes before the append.
impl From<PostgresError> for Failure {
    fn from(error: PostgresError) -> Self {
        Self::Refused(error.into())
    }
}

/// True for a value that the database cannot take, or a size: others may be well.
fn is_about_data(code: &SqlState) -> bool {
    code.code().starts_with("22") || code.code().starts_with("54")
}
