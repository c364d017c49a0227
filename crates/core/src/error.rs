//! What can go wrong with a store: a variant per action of the caller.

use std::error::Error;
use std::sync::Arc;

use crate::append::ExpectedVersion;
use crate::ids::{AppendId, EventId};
use crate::limits;
use crate::name::InvalidName;
use crate::position::{Position, StreamVersion};
use crate::stream::StreamId;

/// What a store said went wrong, kept for the log. Shared, because one failed commit answers many.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why an append did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Another writer got there first and nothing was written.
    /// **Do:** load the stream, decide again, append again.
    #[error("stream {stream} is at {actual}, expected {expected:?}")]
    Conflict {
        /// The stream that was not as expected.
        stream: StreamId,
        /// What the caller expected.
        expected: ExpectedVersion,
        /// What the store holds.
        actual: StreamVersion,
    },

    /// An event the decision depends on was recorded meanwhile, and nothing was written.
    /// **Do:** read the query again, decide again, append again.
    #[error("an event at position {position} matches the append condition")]
    ConditionFailed {
        /// Where a matching event is.
        position: Position,
    },

    /// No answer arrived, so the events may or may not be recorded.
    /// **Do:** append again with the same ids; a duplicate is acknowledged, not stored.
    #[error("the store did not confirm append {append}")]
    Unconfirmed {
        /// The append in question, to ask about or to repeat.
        append: AppendId,
        /// What happened.
        #[source]
        cause: Cause,
    },

    /// The store cannot take appends now, and nothing was written.
    /// **Do:** back off, then append again.
    #[error("the store takes no appends: {reason}")]
    Unavailable {
        /// Why not.
        reason: String,
    },

    /// A projection that is kept up to date in the transaction of every append cannot take in its
    /// events, and nothing was written.
    /// **Do:** mend the projection or the events; the same append is refused until then.
    #[error("projection {projection} cannot take in the events: {cause}")]
    Projection {
        /// Which projection.
        projection: String,
        /// What happened.
        #[source]
        cause: Cause,
    },

    /// The append can never be taken.
    /// **Do:** fix the caller; never retry.
    #[error("invalid append: {0}")]
    Invalid(#[from] InvalidAppend),

    /// Stored data is damaged.
    /// **Do:** stop, and call for help; do not append.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
}

/// Why an append can never be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAppend {
    /// No events at all, or none for one of its streams.
    #[error("it holds no events, or none for one of its streams")]
    Empty,
    /// More than [`limits::APPEND_EVENTS`].
    #[error(
        "it holds {events} events, at most {} are allowed",
        limits::APPEND_EVENTS
    )]
    TooManyEvents {
        /// How many it holds.
        events: usize,
    },
    /// More than [`limits::APPEND_BYTES`].
    #[error("it holds {bytes} bytes, at most {} are allowed", limits::APPEND_BYTES)]
    TooManyBytes {
        /// How many it holds.
        bytes: usize,
    },
    /// A payload over [`limits::EVENT_BYTES`].
    #[error(
        "event {event} holds {bytes} bytes, at most {} are allowed",
        limits::EVENT_BYTES
    )]
    EventTooLarge {
        /// Which event.
        event: EventId,
        /// Size of its payload.
        bytes: usize,
    },
    /// Metadata over [`limits::METADATA_BYTES`].
    #[error(
        "metadata of event {event} takes {bytes} bytes, at most {} are allowed",
        limits::METADATA_BYTES
    )]
    MetadataTooLarge {
        /// Which event.
        event: EventId,
        /// Size of its metadata as JSON.
        bytes: usize,
    },
    /// A text of the metadata over [`limits::NAME_BYTES`], or over [`limits::TRACE_STATE_BYTES`].
    #[error("{field} of event {event} takes {bytes} bytes, at most {limit} are allowed")]
    MetadataTextTooLong {
        /// Which event.
        event: EventId,
        /// Which text, such as `actor`.
        field: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// Metadata that would not be read back as it is, such as values nested over a hundred deep.
    #[error("metadata of event {event} cannot be read back as it is")]
    MetadataUnreadable {
        /// Which event.
        event: EventId,
    },
    /// Versions of a payload's shape count from 1.
    #[error("event {event} has schema version 0, the first is 1")]
    NoSchemaVersion {
        /// Which event.
        event: EventId,
    },
    /// More than [`limits::EVENT_TAGS`].
    #[error(
        "event {event} has {tags} tags, at most {} are allowed",
        limits::EVENT_TAGS
    )]
    TooManyTags {
        /// Which event.
        event: EventId,
        /// How many it has.
        tags: usize,
    },
    /// One stream named by two writes.
    #[error("stream {stream} is written to twice")]
    StreamTwice {
        /// Which stream.
        stream: StreamId,
    },
    /// One event id used by two events of the append.
    #[error("event id {event} is used twice")]
    EventTwice {
        /// Which id.
        event: EventId,
    },
    /// More items or terms than [`limits`] allow.
    #[error("its query has too many items or terms")]
    QueryTooLarge,
    /// A query for a category that no stream can be in.
    #[error("its query: {0}")]
    QueryCategory(InvalidName),
    /// An event id that is already recorded with other content, in another stream, or beside
    /// events that are not.
    #[error("event id {event} is recorded already, and not by this append")]
    EventIdReused {
        /// Which id.
        event: EventId,
    },
    /// An append id that is already recorded with other events.
    #[error("append id {append} is recorded already, with other events")]
    AppendIdReused {
        /// Which id.
        append: AppendId,
    },
}

/// Why a read, a subscription or a question did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The store cannot answer now.
    /// **Do:** back off, then ask again.
    #[error("the store is unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },

    /// The question can never be answered.
    /// **Do:** fix the caller; never retry.
    #[error("invalid read: {reason}")]
    Invalid {
        /// What is wrong with it.
        reason: String,
    },

    /// Stored data is damaged.
    /// **Do:** stop, and call for help.
    #[error(transparent)]
    Corrupt(#[from] Corruption),
}

/// Stored data that is not what was written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("corrupt data at position {position}: {reason}")]
pub struct Corruption {
    /// The event that cannot be served.
    pub position: Position,
    /// What was found, and where.
    pub reason: String,
}
