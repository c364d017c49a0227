//! What a failed command or read means over HTTP.

use annals_core::{
    AppendError, KeyStoreError, ProjectionError, QueryError, ReadError, StreamVersion, SubjectId,
};
use annals_runtime::{
    AuditError, EraseError, ExecuteError, LoadError, ParkedError, PastError, RebuildError,
    RefoldError, SagaError,
};
use axum::http::StatusCode;

use crate::faults::Faults;
use crate::problem::Problem;

/// A refusal becomes the problem that the service makes of its own error.
impl<E> From<ExecuteError<E>> for Problem
where
    Problem: From<E>,
    E: std::error::Error + 'static,
{
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => refusal.into(),
            ExecuteError::VersionMismatch { actual, .. } => Self::version_mismatch(actual),
            ExecuteError::Contended { attempts } => Self::contended(attempts),
            ExecuteError::KeyReused { key } => Self::key_reused(&key),
            ExecuteError::Erased(subject) => Self::person_erased(&subject),
            ExecuteError::Keys(error) => error.into(),
            ExecuteError::Load(error) => error.into(),
            ExecuteError::Store(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

/// What is told of a command in the same words, however it was sent.
impl Problem {
    pub(crate) fn version_mismatch(actual: StreamVersion) -> Self {
        let title = "The version is not the one that If-Match names";
        Self::new(StatusCode::PRECONDITION_FAILED, "version-mismatch", title)
            .detail(format!("the version is {actual}"))
            .with("version", actual.0)
    }

    fn contended(attempts: u32) -> Self {
        let title = "Others changed it at the same time";
        Self::new(StatusCode::CONFLICT, "contended", title).detail(format!(
            "nothing was changed after {attempts} attempts: try again"
        ))
    }

    pub(crate) fn key_reused(key: &str) -> Self {
        let title = "The Idempotency-Key was used for another request";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, "idempotency-key-reused", title).detail(format!(
            "give each request a key of its own instead of {key}"
        ))
    }

    pub(crate) fn person_erased(subject: &SubjectId) -> Self {
        let title = "The person was forgotten";
        Self::new(StatusCode::CONFLICT, "person-erased", title).detail(format!(
            "nothing personal is recorded about {subject} any more"
        ))
    }
}

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::InvalidId(name) => {
                Self::invalid(Faults::whole(format!("is no id: {}", name.fault)))
            }
            LoadError::Read(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable { .. } => Self::unavailable(&error),
            _ => Self::internal(&error),
        }
    }
}

impl From<AppendError> for Problem {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Unavailable { .. } => Self::unavailable(&error),
            AppendError::Unconfirmed { .. } => Self::unavailable(&error).detail(
                "the command may have been carried out: repeat it with its Idempotency-Key",
            ),
            _ => Self::internal(&error),
        }
    }
}

impl From<KeyStoreError> for Problem {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Unavailable(_) => Self::unavailable(&error),
            _ => Self::internal(&error),
        }
    }
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::NoKeyring => Self::not_found(error.to_string()),
            EraseError::Subject(name) => {
                Self::invalid(Faults::whole(format!("is no pseudonym: {}", name.fault)))
            }
            EraseError::Append(error) => error.into(),
            EraseError::Keys(error) => error.into(),
            EraseError::Read(error) => error.into(),
            EraseError::Unfinished(_) => {
                let title = "The key is destroyed, and copies are still being reached";
                Self::try_later("erasure-unfinished", title)
            }
            EraseError::Stopped => Self::unavailable(&error),
            other => Self::internal(&other),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Unavailable { .. } => Self::unavailable(&error),
            _ => Self::internal(&error),
        }
    }
}

impl From<ParkedError> for Problem {
    fn from(error: ParkedError) -> Self {
        match error {
            ParkedError::NotParked(_) => Self::not_found(error.to_string()),
            ParkedError::NoLetters(_) => {
                let title = "The projection keeps no dead letters";
                Self::new(StatusCode::CONFLICT, "no-dead-letters", title).detail(error.to_string())
            }
            ParkedError::Store(error) => error.into(),
            ParkedError::ReadModel(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::NoLedger(_) => {
                let title = "The projection keeps no ledger";
                Self::new(StatusCode::CONFLICT, "no-ledger", title).detail(error.to_string())
            }
            AuditError::Ledger(error) => error.into(),
            AuditError::Log(error) => error.into(),
            AuditError::WentBack { .. } | AuditError::OtherEdition => Self::unavailable(&error),
            other => Self::internal(&other),
        }
    }
}

impl From<RebuildError> for Problem {
    fn from(error: RebuildError) -> Self {
        let conflict =
            |kind, title| Self::new(StatusCode::CONFLICT, kind, title).detail(error.to_string());
        match error {
            RebuildError::Store(error) => error.into(),
            RebuildError::ReadModel(error) => error.into(),
            RebuildError::Editions(error) => error.into(),
            RebuildError::Rows(error) => error.into(),
            RebuildError::NeverFree => Self::unavailable(&error),
            RebuildError::NothingToGoBackTo => {
                conflict("no-previous-edition", "There is no edition to go back to")
            }
            RebuildError::OneEditionOnly => {
                conflict("one-edition-only", "The database keeps one edition only")
            }
            other => Self::internal(&other),
        }
    }
}

impl From<RefoldError> for Problem {
    fn from(error: RefoldError) -> Self {
        match error {
            RefoldError::Store(error) => error.into(),
            RefoldError::ReadModel(error) => error.into(),
            RefoldError::Rows(error) => error.into(),
            RefoldError::Exchanged | RefoldError::NeverFree => Self::unavailable(&error),
            RefoldError::KeyLeftOut { .. } => {
                let title = "The rows of a key cannot be made anew by themselves";
                Self::new(StatusCode::CONFLICT, "key-left-out", title).detail(error.to_string())
            }
            other => Self::internal(&other),
        }
    }
}

impl From<SagaError> for Problem {
    fn from(error: SagaError) -> Self {
        match error {
            SagaError::UnknownSaga(_) => Self::not_found(error.to_string()),
            SagaError::InvalidId(name) => {
                let mut faults = Faults::default();
                faults.add("instance", name.fault.to_string());
                Self::invalid(faults)
            }
            SagaError::KeyReused { key } => Self::key_reused(&key),
            SagaError::Contended { attempts, .. } => Self::contended(attempts),
            SagaError::UnknownDefinition { .. } => {
                let title = "The instance runs under a definition that is not known here";
                Self::new(StatusCode::CONFLICT, "unknown-definition", title)
                    .detail(error.to_string())
            }
            SagaError::Rows(error) => error.into(),
            SagaError::Read(error) => error.into(),
            SagaError::Store(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<PastError> for Problem {
    fn from(error: PastError) -> Self {
        let conflict =
            |kind, title| Self::new(StatusCode::CONFLICT, kind, title).detail(error.to_string());
        match error {
            PastError::NotRecorded { .. } => {
                conflict("not-recorded", "The store does not reach as far")
            }
            PastError::TooMany { .. } => conflict(
                "too-many-pasts",
                "There are too many read models of the past",
            ),
            PastError::Unknown(_) => Self::not_found(error.to_string()),
            PastError::Store(error) => error.into(),
            PastError::ReadModel(error) => error.into(),
            PastError::Place(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

impl From<ProjectionError> for Problem {
    fn from(error: ProjectionError) -> Self {
        match error {
            ProjectionError::Unavailable(_)
            | ProjectionError::NotAcknowledged { .. }
            | ProjectionError::Moved { .. } => Self::unavailable(&error),
            ProjectionError::Superseded { .. } => {
                let title = "Another version of the code keeps the read model";
                Self::new(StatusCode::CONFLICT, "superseded", title).detail(error.to_string())
            }
            _ => Self::internal(&error),
        }
    }
}
