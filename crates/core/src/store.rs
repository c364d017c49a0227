//! The event store: the one contract that every backend, wrapper and client keeps.

use async_trait::async_trait;

use crate::append::{Append, Appended};
use crate::error::{AppendError, ReadError};
use crate::ids::{AppendId, StoreId};
use crate::position::{Position, StreamVersion};
use crate::read::{EventStream, Read, Source};
use crate::stream::StreamId;
use crate::subscribe::Subscription;

/// An append-only store of events, in bytes.
///
/// # Contract
///
/// The conformance suite in `annals-testing` cites these numbers.
///
/// 1. An append is all or nothing, over one or several streams.
/// 2. Versions in a stream run 1, 2, 3 … without gaps; positions are dense, in commit order, the
///    same for all readers.
/// 3. An acknowledged append survives a crash of process or machine.
/// 4. A read that starts after an acknowledgement sees the append.
/// 5. [`ExpectedVersion`](crate::ExpectedVersion) and
///    [`AppendCondition`](crate::AppendCondition) are checked in the same step as the write: of
///    two racers that conflict, exactly one wins; unrelated appends never fail each other.
/// 6. Re-appending the same event ids to the same stream acknowledges the first result and
///    stores nothing. After a lost answer, the caller can ask whether an append id committed,
///    and where. Same ids with other content are an error.
/// 7. A subscription delivers every matching event exactly once, in order, catching up and then
///    live with no seam; it says when it caught up; it ends only by cancellation or an error,
///    never by silence.
/// 8. A slow reader slows no writer and grows no unbounded queue.
/// 9. A refusal tells: conflict (nothing written; load and retry), unconfirmed (may be written;
///    retry with the same ids), unavailable (nothing written; back off), projection (nothing
///    written; mend it), invalid (never retry), corrupt (stop; call for help).
/// 10. An error never looks like the end of a stream. Nothing that cannot be decoded is dropped
///     silently. Payloads come back byte for byte.
///
/// Dropping the future of [`append`](Self::append) does not undo it: the events may be recorded
/// all the same.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Which store this is.
    fn id(&self) -> StoreId;

    /// Records events, all or none, and answers once they are durable.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Tells whether an append committed, and where.
    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError>;

    /// Reads what is recorded now.
    async fn read(&self, read: Read) -> Result<EventStream, ReadError>;

    /// Reads on as events are recorded, oldest first.
    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError>;

    /// The position of the last event, or [`Position::START`] of an empty store.
    async fn head(&self) -> Result<Position, ReadError>;

    /// The version of a stream, or [`StreamVersion::NONE`] when it has no events.
    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError>;
}
