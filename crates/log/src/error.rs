//! What can go wrong, by what the caller can do about it.

use std::io;
use std::sync::Arc;

use crate::damage::Corruption;

/// Why a log did not open. Nothing of it was changed, except that a recovery may have been begun, which the
/// next one completes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another part of this one, has the log open.
    /// **Do:** use that one, or stop it first.
    #[error("the log is open elsewhere")]
    Locked,

    /// A file is damaged in a way no crash explains. Acknowledged records may be affected, so nothing was cut off.
    /// **Do:** keep the directory as it is, and restore a backup or salvage what can be read.
    #[error(transparent)]
    Corrupt(#[from] Corruption),

    /// A file was written by a later version of this program.
    /// **Do:** open it with that version or a later one.
    #[error("{file} is of format version {version}, which this program does not know")]
    NewerFormat {
        /// Name of the file.
        file: String,
        /// Its version.
        version: u32,
    },

    /// A file is named as a segment and is none.
    /// **Do:** check that this is the right directory, and take the file away.
    #[error("{file} is not a segment of a log")]
    NotALog {
        /// Name of the file.
        file: String,
    },

    /// The disk failed.
    /// **Do:** see to the disk and open again.
    #[error("the disk failed: {0}")]
    Disk(#[from] io::Error),
}

/// Why a batch was not acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The batch holds no record.
    /// **Do:** commit batches that hold one.
    #[error("the batch is empty")]
    Empty,

    /// The batch can never be committed.
    /// **Do:** split it; nothing was written.
    #[error("the batch takes {bytes} bytes, and {limit} are allowed")]
    TooLarge {
        /// What it takes, [`Batch::bytes`](crate::Batch::bytes).
        bytes: usize,
        /// What it may take.
        limit: usize,
    },

    /// The disk refused, as when it is full, and the log is as it was before.
    /// **Do:** make space, then commit the batch again.
    #[error("the batch was not written: {cause}")]
    NotWritten {
        /// What the disk said.
        #[source]
        cause: Arc<io::Error>,
    },

    /// The disk failed such that the batch may or may not be durable. The writer stopped for good.
    /// **Do:** open the log again and see whether the batch is there.
    #[error("the batch may or may not be written: {cause}")]
    Unconfirmed {
        /// What the disk said.
        #[source]
        cause: Arc<io::Error>,
    },

    /// The writer stopped because of an earlier failure; nothing of this batch was written.
    /// **Do:** open the log again, then commit the batch again.
    #[error("the writer stopped after an earlier failure: {cause}")]
    Stopped {
        /// What the disk said when it failed.
        #[source]
        cause: Arc<io::Error>,
    },
}

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No such record is durable, or not yet.
    /// **Do:** ask for a position from 1 to [`LogReader::durable`](crate::LogReader::durable).
    #[error("there is no record at position {position}")]
    NotThere {
        /// The position asked for.
        position: u64,
    },

    /// What lies there is not what was written.
    /// **Do:** stop, and restore a backup or salvage what can be read.
    #[error(transparent)]
    Corrupt(#[from] Corruption),

    /// The disk failed.
    /// **Do:** see to the disk and read again.
    #[error("the disk failed: {0}")]
    Disk(#[from] io::Error),
}

/// Why a change of the disk did not succeed, by what is known of it then.
#[derive(Debug)]
pub(crate) enum WriteFault {
    /// The log is as it was before.
    Undone(io::Error),
    /// The change may or may not last.
    Unknown(io::Error),
}

impl From<WriteFault> for OpenError {
    fn from(fault: WriteFault) -> OpenError {
        let (WriteFault::Undone(cause) | WriteFault::Unknown(cause)) = fault;
        OpenError::Disk(cause)
    }
}
