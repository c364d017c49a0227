//! What can go wrong with the database: a variant per action of the caller.

use std::path::PathBuf;
use std::sync::Arc;

use annals_core::{Position, ProjectionError, QueryError, SnapshotError};
use rusqlite::ErrorCode;

/// Why the database did not do what it was asked to. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// The file could not be opened or made.
    /// **Do:** check the path and its rights; a damaged file of read models can be deleted, and is made
    /// again.
    #[error("database {path}: {source}")]
    Open {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },

    /// The database cannot be used now: busy, full, or about to stop.
    /// **Do:** back off, then try again.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },

    /// A statement can never succeed.
    /// **Do:** fix the statement or its values.
    #[error("statement refused: {0}")]
    Refused(#[source] rusqlite::Error),

    /// The file is damaged.
    /// **Do:** stop, delete the file and start again: read models are made again from the events. What
    /// is in no event is put back from a backup.
    #[error("the database is damaged: {0}")]
    Damaged(#[source] rusqlite::Error),
}

impl SqliteError {
    /// True if what is kept is not what was written; false if it cannot be had now, such as by a file
    /// that may only be read.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            // It is not SQLite that says no: what was read cannot have been written here.
            Self::Refused(cause) => cause.sqlite_error_code().is_none(),
            Self::Open { .. } | Self::Unavailable { .. } => false,
        }
    }

    /// This failure, while the event at `position` was applied.
    pub(crate) fn at(self, position: Position) -> ProjectionError {
        match self {
            Self::Unavailable { .. } | Self::Damaged(_) => self.into(),
            error => ProjectionError::at(position, error),
        }
    }
}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
                | ErrorCode::CannotOpen,
            ) => Self::Unavailable {
                reason: error.to_string(),
            },
            _ => Self::Refused(error),
        }
    }
}

impl From<SqliteError> for ProjectionError {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::Unavailable { .. } => Self::Unavailable(Arc::new(error)),
            // The tables are not what was declared; trying again does not change that.
            other => Self::Damaged {
                reason: other.to_string(),
            },
        }
    }
}

impl From<SqliteError> for QueryError {
    fn from(error: SqliteError) -> Self {
        let reason = error.to_string();
        match error {
            SqliteError::Unavailable { reason } => Self::Unavailable { reason },
            SqliteError::Refused(_) => Self::Refused { reason },
            SqliteError::Open { .. } | SqliteError::Damaged(_) => Self::Damaged { reason },
        }
    }
}

impl From<SqliteError> for SnapshotError {
    fn from(error: SqliteError) -> Self {
        Self(Box::new(error))
    }
}
