//! What becomes of a projection's failure at one event.

use std::any::Any;
use std::sync::Arc;

use annals_core::{Cause, Position, ProjectionError};

use crate::error::PostgresError;

/// A projection that panicked.
#[derive(Debug, thiserror::Error)]
#[error("the projection panicked: {0}")]
struct Panicked(String);

/// A failure that comes back whenever the event at `position` is applied.
pub(crate) fn failed_at(
    position: Position,
    cause: impl std::error::Error + Send + Sync + 'static,
) -> ProjectionError {
    let cause: Cause = Arc::new(cause);
    ProjectionError::Event { position, cause }
}

/// A failure of the database while the event at `position` was applied.
pub(crate) fn refused_at(position: Position, error: PostgresError) -> ProjectionError {
    if error.is_unavailable() {
        return error.into();
    }
    failed_at(position, error)
}

/// A panic while the event at `position` was applied.
pub(crate) fn panicked_at(position: Position, panic: &(dyn Any + Send)) -> ProjectionError {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    failed_at(position, Panicked(text.unwrap_or("no message").to_owned()))
}
