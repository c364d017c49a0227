//! What can go wrong with an instance of a saga: a variant per action of the caller.

use annals_core::{
    AppendError, DecodeError, EncodeError, InvalidName, QueryError, ReadError, StreamId, Unwanted,
};

/// Why an instance did not take something in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SagaError {
    /// The saga and the instance make no name of a stream.
    /// **Do:** give the instance a shorter name; the same one is refused every time.
    #[error(transparent)]
    InvalidId(#[from] InvalidName),
    /// No saga of this name was declared.
    /// **Do:** fix the name.
    #[error("no saga {0} is declared")]
    UnknownSaga(String),
    /// It changes nothing.
    /// **Do:** look at the instance; the same request changes nothing until that changes.
    #[error("{stream}: {why}")]
    Unwanted {
        /// Which instance.
        stream: StreamId,
        /// Why not.
        why: Unwanted,
    },
    /// Something else was asked of the instance under the same key.
    /// **Do:** give each request a key of its own.
    #[error("the key {key} was used for another request")]
    KeyReused {
        /// Which key.
        key: String,
    },
    /// The instance runs under a definition that this code does not know.
    /// **Do:** deploy code that has it, or one that takes its instances over.
    #[error("{stream} runs under definition {definition}, which is not known here")]
    UnknownDefinition {
        /// Which instance.
        stream: StreamId,
        /// Which definition.
        definition: u32,
    },
    /// What the instance remembers is not what its definition knows.
    /// **Do:** deploy code that reads it; the stored bytes are intact.
    #[error("the state of {stream} cannot be read: {cause}")]
    State {
        /// Which instance.
        stream: StreamId,
        /// What is wrong with it.
        #[source]
        cause: serde_json::Error,
    },
    /// What was recorded of the instance is not known to this code.
    /// **Do:** deploy the code that knows it; the stored bytes are intact.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// What was decided has no stored form.
    /// **Do:** fix the saga; it happens every time.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The store did not give the events.
    /// **Do:** what [`ReadError`] says.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store did not take the event.
    /// **Do:** what [`AppendError`] says; the same input may be given again.
    #[error(transparent)]
    Store(#[from] AppendError),
    /// How the instances are cannot be told.
    /// **Do:** what [`QueryError`] says.
    #[error(transparent)]
    Rows(#[from] QueryError),
    /// Others came first every time.
    /// **Do:** back off, then give the same input again.
    #[error("{stream}: others came first {attempts} times")]
    Contended {
        /// Which instance.
        stream: StreamId,
        /// How often it was tried.
        attempts: u32,
    },
}
