//! What a failed change or query means over HTTP.

use annals::http::Problem;
use axum::http::StatusCode;

use super::error::{CatalogueError, CatalogueRefusal, WriteError};

impl From<CatalogueError> for Problem {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Unavailable(_) => Self::unavailable(&error),
            CatalogueError::Failed(_) => Self::internal(&error),
        }
    }
}

/// As failed commands on aggregates are told of.
impl From<WriteError<CatalogueRefusal>> for Problem {
    fn from(error: WriteError<CatalogueRefusal>) -> Self {
        match error {
            WriteError::Refused(refusal) => refusal.into(),
            WriteError::VersionMismatch { actual } => {
                let title = "The version is not the one that If-Match names";
                Self::new(StatusCode::PRECONDITION_FAILED, "version-mismatch", title)
                    .detail(error.to_string())
                    .with("version", actual)
            }
            WriteError::KeyReused { key } => {
                let title = "The Idempotency-Key was used for another request";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(status, "idempotency-key-reused", title).detail(format!(
                    "give each request a key of its own instead of {key}"
                ))
            }
            WriteError::Catalogue(error) => error.into(),
        }
    }
}

impl From<CatalogueRefusal> for Problem {
    fn from(refusal: CatalogueRefusal) -> Self {
        use CatalogueRefusal as R;
        let (status, kind, title) = match refusal {
            R::CategoryExists { .. } => (409, "category-exists", "The category exists already"),
            R::CategoryNameTaken { .. } => (409, "category-name-taken", "The name is taken"),
            R::NoCategory { .. } => (422, "no-such-category", "There is no such category"),
            R::ProductExists { .. } => (409, "product-exists", "The product exists already"),
            R::NoProduct { .. } => (404, "not-found", "Not found"),
            R::ProductOrdered { .. } => (409, "product-ordered", "The product was ordered"),
        };
        let status = StatusCode::from_u16(status).expect("each status above is one");
        Self::new(status, kind, title).detail(refusal.to_string())
    }
}
