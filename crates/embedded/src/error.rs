//! Why a store could not be opened.

use annals_core::Corruption;
use annals_log::OpenError as LogError;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The log could not be opened: in use, damaged, or not readable.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Log(#[from] LogError),

    /// The log is sound, but holds a record that is no event of a format this version knows.
    /// **Do:** open it with the version that wrote it, or a newer one.
    #[error(transparent)]
    Record(#[from] Corruption),

    /// The files of the log would be too small for the largest append.
    /// **Do:** choose more.
    #[error("segment_bytes is {given}, and must be at least {least}")]
    SegmentTooSmall {
        /// What was chosen.
        given: u32,
        /// The least that may be.
        least: u32,
    },

    /// A thread could not be started.
    /// **Do:** raise the limit of threads and open again.
    #[error("no thread for the store: {0}")]
    Thread(#[source] std::io::Error),
}
