//! What can go wrong with an aggregate: a variant per action of the caller.

use annals_core::{
    AppendError, DecodeError, EncodeError, ExpectedVersion, InvalidName, KeyStoreError, ReadError,
    SideStoreError, StreamVersion, SubjectId,
};

/// Why an aggregate could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The id cannot be part of a stream's name.
    /// **Do:** fix the id; the same one is refused every time.
    #[error(transparent)]
    InvalidId(#[from] InvalidName),

    /// The store did not give the events.
    /// **Do:** what [`ReadError`] says: back off and ask again when it is unavailable.
    #[error(transparent)]
    Read(#[from] ReadError),

    /// A stored event is not known to this code.
    /// **Do:** deploy the code that knows it; the stored bytes are intact.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Why a command was not carried out. `E` is the aggregate's own reasons.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<E> {
    /// The aggregate refused, now or when the command first came under its idempotency key.
    /// **Do:** tell whoever asked. Under the same key the answer stays the same.
    #[error(transparent)]
    Refused(E),

    /// The aggregate is not at the version the caller asked for, and nothing was recorded.
    /// **Do:** load it, show what changed, ask again.
    #[error("the stream is at {actual}, expected {expected:?}")]
    VersionMismatch {
        /// What the caller expected.
        expected: ExpectedVersion,
        /// What the store holds.
        actual: StreamVersion,
    },

    /// Other writers came first every time, and nothing was recorded.
    /// **Do:** back off, then send the command again.
    #[error("other writers came first {attempts} times")]
    Contended {
        /// How many times it was tried.
        attempts: u32,
    },

    /// The idempotency key was used for another request, and nothing was recorded.
    /// **Do:** give each request a key of its own.
    #[error("idempotency key {key:?} was used for another request")]
    KeyReused {
        /// Which key.
        key: String,
    },

    /// The command was refused before, but this code cannot read the reason.
    /// **Do:** deploy the code that gave it; nothing more was recorded.
    #[error("the first answer to this command cannot be read: {0}")]
    UnreadableRefusal(#[source] serde_json::Error),

    /// What was decided has no stored form, and nothing was recorded.
    /// **Do:** fix the event or the error of the aggregate; it happens every time.
    #[error(transparent)]
    Encode(#[from] EncodeError),

    /// Something personal was to be recorded about a person who was forgotten, and nothing was
    /// recorded.
    /// **Do:** tell whoever asked. A person who comes back is another one, with a pseudonym of their
    /// own.
    #[error("personal data of {0} was erased: nothing personal is recorded about them any more")]
    Erased(SubjectId),

    /// The keys of the persons that events are about could not be had, and nothing was recorded.
    /// **Do:** what [`KeyStoreError`] says.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),

    /// What is to be kept beside the log could not be, and nothing was recorded.
    /// **Do:** what [`SideStoreError`] says.
    #[error(transparent)]
    Beside(SideStoreError),

    /// The aggregate could not be loaded, and nothing was recorded.
    /// **Do:** what [`LoadError`] says.
    #[error(transparent)]
    Load(#[from] LoadError),

    /// The store did not take the events.
    /// **Do:** what [`AppendError`] says. After [`AppendError::Unconfirmed`] send the command
    /// again only if it had an idempotency key.
    #[error(transparent)]
    Store(#[from] AppendError),
}
