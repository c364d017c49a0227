//! Events in batches for whoever folds them anew: bounded in events, in bytes and by a rate.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use annals_core::{EventStore, Position, Query, Read, ReadError, RecordedEvent, Source};

use crate::backoff::wait;

/// A batch of large events is full before it has all that it may have, but for one event.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// How large batches are, and how fast they come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batches {
    /// Most events in one.
    pub(crate) max_batch: NonZeroUsize,
    /// Most events in a second; none is as many as there can be.
    pub(crate) throttle: Option<NonZeroU32>,
}

/// Events to be folded.
pub(crate) struct Batch {
    pub(crate) events: Arc<[RecordedEvent]>,
    /// Up to where there are no others.
    pub(crate) up_to: Position,
    /// Where the store ended when it was read.
    pub(crate) head: Position,
    /// True if there are no others up to where it was to go, either.
    pub(crate) is_last: bool,
}

impl Batches {
    /// The next one behind a position, on the way to another.
    pub(crate) async fn read(
        &self,
        store: &dyn EventStore,
        query: Query,
        (after, up_to): (Position, Position),
    ) -> Result<Batch, ReadError> {
        let most = self.most();
        let read = Read::forwards(Source::query_after(query, after)).limit(most as u64);
        let mut stream = store.read(read).await?;
        let head = stream.head();
        let end = up_to.min(head).max(after);
        let (mut events, mut bytes) = (Vec::new(), 0);
        while bytes < MOST_BYTES
            && let Some(event) = stream.try_next().await?
            && event.position <= end
        {
            bytes += event.data.len();
            events.push(event);
        }
        let is_full = events.len() == most || bytes >= MOST_BYTES;
        let last = events.last().filter(|_| is_full);
        Ok(Batch {
            up_to: last.map_or(end, |last| last.position),
            is_last: !is_full,
            events: events.into(),
            head,
        })
    }

    /// No more than a second's worth, so that progress shows, and nobody waits longer to be listened
    /// to.
    fn most(&self) -> usize {
        let most = self.max_batch.get();
        let in_a_second = self.throttle.map(NonZeroU32::get);
        in_a_second.map_or(most, |events| most.min(events as usize))
    }

    /// Waits as long as so many events may take; lets others do their work in any case.
    pub(crate) async fn throttle(&self, events: u64) {
        let Some(most) = self.throttle else {
            return tokio::task::yield_now().await;
        };
        let each = Duration::from_secs(1) / most.get();
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        wait(each.saturating_mul(events)).await;
    }
}

#[cfg(test)]
mod tests {
    use annals_core::{
        Append, EventId, EventType, ExpectedVersion, IdSource as _, NewEvent, RandomIds, StreamId,
    };
    use annals_embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};

    use super::*;

    /// A store of events of a megabyte each.
    async fn store_of_large(events: usize) -> EmbeddedStore {
        let store = EmbeddedStore::open_on(MemoryDisk::new(), EmbeddedOptions::in_memory());
        let store = store.unwrap();
        let text = format!("\"{}\"", "x".repeat(1_000_000));
        for _ in 0..events {
            let taken = EventType::new("Taken").unwrap();
            let event = NewEvent::json(EventId(RandomIds.next()), taken, text.clone());
            let stream = StreamId::new("Note", "a").unwrap();
            let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
            store.append(append).await.unwrap();
        }
        store
    }

    async fn read(throttle: Option<u32>, after: u64, up_to: u64) -> (usize, u64, bool) {
        let store = store_of_large(20).await;
        let batches = Batches {
            max_batch: NonZeroUsize::new(10_000).unwrap(),
            throttle: throttle.and_then(NonZeroU32::new),
        };
        let way = (Position(after), Position(up_to));
        let batch = batches.read(&store, Query::all(), way).await.unwrap();
        (batch.events.len(), batch.up_to.0, batch.is_last)
    }

    #[tokio::test]
    async fn a_batch_of_large_events_is_bounded_in_bytes() {
        assert_eq!(read(None, 0, 20).await, (17, 17, false));
        assert_eq!(read(None, 17, 20).await, (3, 20, true));
    }

    #[tokio::test]
    async fn a_batch_has_no_more_than_a_second_may_have() {
        assert_eq!(read(Some(5), 0, 20).await, (5, 5, false));
    }

    #[tokio::test]
    async fn a_batch_ends_where_it_is_to_go() {
        assert_eq!(read(None, 3, 7).await, (4, 7, true));
    }
}
