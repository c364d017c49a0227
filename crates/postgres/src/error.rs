//! What can go wrong with a database: a variant per action of the caller.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use annals_core::{
    AppendError, Corruption, Position, ProjectionError, QueryError, ReadError, SnapshotError,
};
use deadpool::managed::PoolError;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{WasNull, WrongType};

use crate::tls;

/// What PgBouncer says to settings that a session is begun with.
const FROM_A_POOLER: &str = "unsupported startup parameter";

/// The server says so to nobody but its own log.
const CLOSED: &str = "the connection is closed; was it idle in a transaction for longer than the \
                      server allows?";

/// Why something could not be done with the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// The URL or an option makes no sense.
    /// **Do:** mend it as the message says.
    #[error("database URL: {0}")]
    Options(String),

    /// The connection would not be encrypted, and the server is not on this machine.
    /// **Do:** use `sslmode=verify-full`, or say by the `insecure` option that the network is trusted.
    #[error(
        "plain text to {host} is refused: use sslmode=verify-full, or insecure=true on a trusted network"
    )]
    PlainText {
        /// The server.
        host: String,
    },

    /// The certificates that should be trusted cannot be used.
    /// **Do:** mend the file that `sslrootcert` names, or the system's certificates.
    #[error("trusted certificates in {path}: {reason}")]
    Certificates {
        /// Where they were looked for.
        path: PathBuf,
        /// What is wrong with them.
        reason: String,
    },

    /// The server does not prove that it is the one that was meant, so nothing was sent to it.
    /// **Do:** as the message says; try the same again only once that is done.
    #[error("the server is not trusted: {reason}")]
    Untrusted {
        /// What is wrong, and what would mend it.
        reason: String,
    },

    /// The server may lose what it has acknowledged.
    /// **Do:** turn the setting on, for the server, the database and the role.
    #[error(
        "setting {setting} is {value}, so an acknowledged append could be lost: turn it on for the server, the database and the role"
    )]
    NotDurable {
        /// Which setting.
        setting: &'static str,
        /// Its value.
        value: String,
    },

    /// The tables are of a newer version of this library, or not ours.
    /// **Do:** run the version that made them, or choose another schema.
    #[error("schema {schema}: {reason}")]
    Schema {
        /// Which schema.
        schema: String,
        /// What was found.
        reason: String,
    },

    /// The tables are not made, or of an older version, and this role may not make them.
    /// **Do:** connect once as the role that owns them, then grant this one its rights:
    /// `docs/operations/postgres.md` lists them.
    #[error(
        "schema {schema} lacks migration {migration}, and this role may not make it: connect once as the owner ({reason})"
    )]
    NotMigrated {
        /// Which schema.
        schema: String,
        /// The first migration that is missing.
        migration: &'static str,
        /// What the database said.
        reason: String,
    },

    /// The role may not log in, or lacks a right.
    /// **Do:** mend its password or grant it the right: `docs/operations/postgres.md` lists them.
    #[error("the database forbids it to this role: {reason}")]
    Forbidden {
        /// What the database said.
        reason: String,
    },

    /// The database does not answer now.
    /// **Do:** back off, then try again.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },

    /// An inline projection could not be brought up to date when the store was opened.
    /// **Do:** what [`ProjectionError`] says.
    #[error("inline projection {projection}: {cause}")]
    Projection {
        /// Which projection.
        projection: String,
        /// What happened.
        #[source]
        cause: ProjectionError,
    },

    /// Stored data is damaged.
    /// **Do:** stop, and call for help; do not append.
    #[error(transparent)]
    Corrupt(#[from] Corruption),

    /// The database refused a statement.
    /// **Do:** read what it said; the same statement will be refused again.
    #[error("the database refused: {}", said(.0))]
    Refused(tokio_postgres::Error),
}

impl PostgresError {
    /// True if nothing is wrong with what was asked, so that the same may succeed later: once the
    /// server is back, or was mended, or the role has the right.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. }
                | Self::NotDurable { .. }
                | Self::Untrusted { .. }
                | Self::Forbidden { .. }
        )
    }

    /// What becomes of it while the event at `position` is applied.
    pub(crate) fn at(self, position: Position) -> ProjectionError {
        if self.is_unavailable() {
            return self.into();
        }
        ProjectionError::at(position, self)
    }

    /// What is damaged, if anything is. The database does not say which event.
    fn damage(&self) -> Option<Corruption> {
        let error = match self {
            Self::Corrupt(corruption) => return Some(corruption.clone()),
            Self::Refused(error) => error,
            _ => return None,
        };
        let is_damage =
            |code| [&SqlState::DATA_CORRUPTED, &SqlState::INDEX_CORRUPTED].contains(&code);
        error.code().is_some_and(is_damage).then(|| Corruption {
            position: Position::START,
            reason: self.to_string(),
        })
    }

    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Unavailable { reason }
    }
}

impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(reason) = tls::distrust(&error) {
            return Self::Untrusted { reason };
        }
        match error.as_db_error() {
            Some(refusal) if refusal.message().contains(FROM_A_POOLER) => Self::Options(format!(
                "a pooler is in between, say pooler=true ({refusal})"
            )),
            Some(refusal) if is_about_rights(refusal.code()) => {
                let reason = refusal.to_string();
                Self::Forbidden { reason }
            }
            Some(refusal) if passes(refusal.code()) => Self::unavailable(refusal.to_string()),
            Some(_) => Self::Refused(error),
            None if is_of_another_type(&error) => Self::Refused(error),
            None if error.is_closed() => Self::unavailable(CLOSED),
            None => Self::unavailable(with_causes(&error)),
        }
    }
}

impl From<PoolError<Self>> for PostgresError {
    fn from(error: PoolError<Self>) -> Self {
        match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(_) => Self::unavailable("no connection became free in time"),
            other => Self::unavailable(with_causes(&other)),
        }
    }
}

/// Before its commit: nothing is written by then, whatever went wrong.
impl From<PostgresError> for AppendError {
    fn from(error: PostgresError) -> Self {
        if let Some(damage) = error.damage() {
            return damage.into();
        }
        let reason = with_causes(&error);
        Self::Unavailable { reason }
    }
}

impl From<PostgresError> for ReadError {
    fn from(error: PostgresError) -> Self {
        if let Some(damage) = error.damage() {
            return damage.into();
        }
        let reason = with_causes(&error);
        Self::Unavailable { reason }
    }
}

impl From<PostgresError> for ProjectionError {
    fn from(error: PostgresError) -> Self {
        if error.is_unavailable() {
            return Self::Unavailable(Arc::new(error));
        }
        // The tables are not what was declared.
        let reason = with_causes(&error);
        Self::Damaged { reason }
    }
}

impl From<PostgresError> for QueryError {
    fn from(error: PostgresError) -> Self {
        let reason = with_causes(&error);
        if error.is_unavailable() {
            return Self::Unavailable { reason };
        }
        Self::Refused { reason }
    }
}

impl From<PostgresError> for SnapshotError {
    fn from(error: PostgresError) -> Self {
        Self(Box::new(error))
    }
}

/// True for a value that is not of the type its place has: a mistake that stays.
fn is_of_another_type(error: &tokio_postgres::Error) -> bool {
    let cause = error.source();
    cause.is_some_and(|cause| cause.is::<WrongType>() || cause.is::<WasNull>())
}

/// True for a role that may not log in, or not do what it tried.
fn is_about_rights(code: &SqlState) -> bool {
    code.code().starts_with("28") || *code == SqlState::INSUFFICIENT_PRIVILEGE
}

/// True for what ends by itself: a server that starts, stops, is full or is busy.
pub(crate) fn passes(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    // Of the states that a transaction can be in, a server that was demoted, and one that ended
    // it because it was idle in it, or in it for too long.
    let passing = ["25006", "25P03", "25P04"];
    matches!(class, "08" | "40" | "53" | "55" | "57" | "58") || passing.contains(&code.code())
}

/// What the database said, or the driver if it said nothing.
fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => said.to_string(),
        None => with_causes(error),
    }
}

/// The message of an error, with those of its causes.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_the_server_ended_for_its_time_may_succeed_later() {
        for code in ["25006", "25P03", "25P04", "57014", "40001", "57P01"] {
            assert!(passes(&SqlState::from_code(code)), "{code}");
        }
        for code in ["25P02", "23505", "42P01", "22021"] {
            assert!(!passes(&SqlState::from_code(code)), "{code}");
        }
    }
}
