//! Which kind of error stops a projection, hence who can mend it.

use annals_core::{ProjectionError, ReadError};

use super::RunError;

/// Which kind of error, hence who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Something did not answer. It is tried again for as long as it takes.
    Transient,
    /// An event could not be applied.
    Event,
    /// The event store is damaged, or behind the read model.
    Store,
    /// The read model is damaged, of another store, or of other code, or too much is parked.
    ReadModel,
    /// Something else, such as a panic: see the log.
    Other,
}

impl ErrorClass {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 5] = [
        Self::Transient,
        Self::Event,
        Self::Store,
        Self::ReadModel,
        Self::Other,
    ];

    /// What it is called in answers and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Event => "event",
            Self::Store => "store",
            Self::ReadModel => "readModel",
            Self::Other => "other",
        }
    }
}

impl RunError {
    /// Which kind of error it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Store(ReadError::Unavailable { .. })
            | Self::ReadModel(
                ProjectionError::Unavailable(_)
                | ProjectionError::NotAcknowledged { .. }
                | ProjectionError::Moved { .. },
            )
            | Self::Lease(_) => ErrorClass::Transient,
            Self::ReadModel(ProjectionError::Event { .. }) => ErrorClass::Event,
            Self::ReadModel(_) => ErrorClass::ReadModel,
            Self::Store(_) | Self::AheadOfStore { .. } => ErrorClass::Store,
            Self::Aborted => ErrorClass::Other,
        }
    }
}

#[cfg(test)]
mod tests;
