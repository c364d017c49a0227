//! What becomes of a projection's failure at one event.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use annals_core::{Cause, Position, ProjectionError};

use crate::error::SqliteError;

/// A projection that panicked.
#[derive(Debug, thiserror::Error)]
#[error("the projection panicked: {0}")]
struct Panicked(String);

/// Runs a projection's code for the event at `position`. A panic is a failure at that event.
pub(crate) fn attempt<T>(
    position: Position,
    code: impl FnOnce() -> Result<T, ProjectionError>,
) -> Result<T, ProjectionError> {
    // What the code was changing is thrown away with the transaction.
    catch_unwind(AssertUnwindSafe(code))
        .unwrap_or_else(|panic| Err(failed_at(position, Panicked(message(panic.as_ref())))))
}

/// A failure that comes back whenever the event at `position` is applied.
pub(crate) fn failed_at(
    position: Position,
    cause: impl std::error::Error + Send + Sync + 'static,
) -> ProjectionError {
    let cause: Cause = Arc::new(cause);
    ProjectionError::Event { position, cause }
}

/// A failure of the database while the event at `position` was applied.
pub(crate) fn refused_at(position: Position, error: SqliteError) -> ProjectionError {
    match error {
        SqliteError::Unavailable { .. } | SqliteError::Damaged(_) => error.into(),
        error => failed_at(position, error),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
