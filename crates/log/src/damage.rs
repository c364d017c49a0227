//! Damage: what no crash can explain.

/// Damage found in a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file} is damaged at offset {offset}, where position {position} belongs: {damage}")]
pub struct Corruption {
    /// Name of the file in the log's directory.
    pub file: String,
    /// Where in it the damage begins.
    pub offset: u64,
    /// The position of the first record that cannot be read for it.
    pub position: u64,
    /// What is wrong.
    pub damage: Damage,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// A segment's header does not match its checksum.
    #[error("the header does not match its checksum")]
    Header,
    /// A file of another store.
    #[error("the file belongs to another store")]
    OtherStore,
    /// A segment is missing, or there twice.
    #[error("the file is segment {found}, and segment {expected} belongs here")]
    WrongSegment {
        /// The number that would continue the log.
        expected: u64,
        /// The number in the header.
        found: u64,
    },
    /// A segment does not start where the one before ends, or not at the position it is named by.
    #[error("the segment starts at position {found}")]
    WrongStart {
        /// The position in the header.
        found: u64,
    },
    /// A segment older than the one it follows.
    #[error("the segment is of epoch {found}, older than the one before")]
    OlderEpoch {
        /// The epoch in the header.
        found: u64,
    },
    /// A hash does not continue the one before: something before it was changed or exchanged.
    #[error("the hash chain is broken")]
    Chain,
    /// Bytes that are neither a valid frame nor the zeros of a free tail.
    #[error("no valid frame")]
    Frame,
    /// A valid record in the place of another.
    #[error("the record is that of position {found}")]
    WrongPosition {
        /// The position it belongs at.
        found: u64,
    },
    /// A valid commit frame that does not describe the records before it.
    #[error("the commit does not describe its batch")]
    Commit,
    /// Records are missing that were durable.
    #[error("records up to position {durable} were acknowledged")]
    Acknowledged {
        /// The last position known to have been durable.
        durable: u64,
    },
    /// A file longer than a segment can be.
    #[error("the file is too long for a segment")]
    TooLong,
    /// More bytes after the last valid batch than one unfinished batch explains.
    #[error("more than one unfinished batch follows")]
    BeyondOneBatch,
    /// The file that says how far the log is durable is missing or unreadable.
    #[error("no valid mark")]
    Mark,
}
