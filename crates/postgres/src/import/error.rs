//! Why an import stops.

use std::sync::Arc;

use annals_core::{AppendError, AppendId};

use super::Imported;
use crate::error::PostgresError;
use crate::inline::{InlineProjector, NotProjected, catching_up};

/// Why an import stopped. Of the batch that it was at, nothing is recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// An append cannot be recorded: a stream is not as it expects, one of its ids is recorded with
    /// other content, or it is invalid.
    /// **Do:** mend the history and import it again: what was imported is passed over.
    #[error("append {append} was refused: {refusal} ({imported})")]
    Refused {
        /// Which append.
        append: AppendId,
        /// Why.
        refusal: AppendError,
        /// What was imported before.
        imported: Imported,
    },

    /// An append has a condition. It names a position of the store that it was made for, which
    /// means nothing in another.
    /// **Do:** leave the condition out, since the history says that it held.
    #[error("append {append} has a condition, which an import cannot judge ({imported})")]
    Conditional {
        /// Which append.
        append: AppendId,
        /// What was imported before.
        imported: Imported,
    },

    /// An inline projection of the store cannot take in an event of the batch.
    /// **Do:** mend the projection or the history, or import without the projection and bring it
    /// up to date afterwards.
    #[error("the batch was refused: {refusal} ({imported})")]
    Unprojected {
        /// Why.
        refusal: AppendError,
        /// What was imported before.
        imported: Imported,
    },

    /// The database did not answer for as long as an append is tried. The batch may be recorded.
    /// **Do:** back off, then import again: what was imported is passed over.
    #[error("the store is unavailable: {reason} ({imported})")]
    Unavailable {
        /// Why.
        reason: String,
        /// What was certainly imported.
        imported: Imported,
    },

    /// The database refused a statement.
    /// **Do:** read what it said; the same import will be refused again.
    #[error("{error} ({imported})")]
    Database {
        /// What it said.
        error: PostgresError,
        /// What was imported before.
        imported: Imported,
    },
}

/// Why a batch was not recorded.
pub(super) enum Stop {
    Refused(AppendId, AppendError),
    /// An inline projection has more to take in first than a transaction has time for.
    Behind(Arc<dyn InlineProjector>),
    Unprojected(AppendError),
    /// It may be recorded after all.
    Unavailable(String),
    Database(PostgresError),
}

impl Stop {
    pub(super) fn refused(append: AppendId, refusal: AppendError) -> Self {
        match refusal {
            AppendError::Unavailable { reason } => Self::Unavailable(reason),
            refusal => Self::Refused(append, refusal),
        }
    }

    pub(super) fn unprojected(refusal: AppendError) -> Self {
        match refusal {
            AppendError::Unavailable { reason } => Self::Unavailable(reason),
            refusal => Self::Unprojected(refusal),
        }
    }

    /// What the caller is told.
    pub(super) fn after(self, imported: Imported) -> ImportError {
        match self {
            Self::Refused(append, refusal) => ImportError::Refused {
                append,
                refusal,
                imported,
            },
            Self::Behind(projector) => ImportError::Unavailable {
                reason: catching_up(&*projector).to_string(),
                imported,
            },
            Self::Unprojected(refusal) => ImportError::Unprojected { refusal, imported },
            Self::Unavailable(reason) => ImportError::Unavailable { reason, imported },
            Self::Database(error) => ImportError::Database { error, imported },
        }
    }
}

impl From<PostgresError> for Stop {
    fn from(error: PostgresError) -> Self {
        if error.is_unavailable() {
            return Self::Unavailable(error.to_string());
        }
        Self::Database(error)
    }
}

impl From<NotProjected> for Stop {
    fn from(failure: NotProjected) -> Self {
        match failure {
            NotProjected::Behind(projector) => Self::Behind(projector),
            NotProjected::Refused(refusal) => Self::Unprojected(refusal),
            NotProjected::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}
