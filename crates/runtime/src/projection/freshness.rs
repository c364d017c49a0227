//! How new a read model must be for an answer from it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use annals_core::{EventStore, Position, ReadError};
use tokio::time::{Instant, timeout};

use super::{NotReached, ProjectionHandle};

/// How new a read model must be for an answer from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Freshness {
    /// It may be as old as it is.
    #[default]
    Any,
    /// It holds everything up to a position, such as that of one's own write.
    AtLeast(Position),
    /// It holds everything that is in the store when this is asked.
    Current,
    /// It holds everything that was in the store so long ago. One that was seen to be complete since
    /// then need not be so now, and nobody waits for it or asks the store.
    NoOlderThan(Duration),
}

/// Why a read model is not fresh enough.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum NotFresh {
    /// It did not come so far in time.
    /// **Do:** what [`NotReached`] says.
    #[error(transparent)]
    NotReached(#[from] NotReached),
    /// The store does not tell where it ends.
    /// **Do:** what [`ReadError`] says.
    #[error(transparent)]
    Store(#[from] ReadError),
}

impl ProjectionHandle {
    /// Waits until the read model is as new as is asked for. Answers with the position reached.
    ///
    /// The store is the one that the projection follows.
    ///
    /// # Errors
    /// [`NotFresh`] when it takes longer than `limit`, when the projection has ended, or when the
    /// store cannot be asked.
    pub async fn wait_until_fresh(
        &self,
        store: &dyn EventStore,
        freshness: Freshness,
        limit: Duration,
    ) -> Result<Position, NotFresh> {
        match freshness {
            Freshness::Any => Ok(self.position()),
            Freshness::AtLeast(position) => Ok(self.wait_for(position, limit).await?),
            Freshness::Current => self.wait_for_end(store, limit).await,
            Freshness::NoOlderThan(age) => {
                let position = self.position();
                match self.last_complete.is_within(age, position) {
                    true => Ok(position),
                    false => self.wait_for_end(store, limit).await,
                }
            }
        }
    }

    /// Waits until the read model holds all that is in the store now.
    async fn wait_for_end(
        &self,
        store: &dyn EventStore,
        limit: Duration,
    ) -> Result<Position, NotFresh> {
        let asked_at = Instant::now();
        let Ok(head) = timeout(limit, store.head()).await else {
            return Err(self.progress.borrow().not_reached().into());
        };
        let end = StoreEnd {
            position: head?,
            seen_at: asked_at,
        };
        let left = limit.saturating_sub(asked_at.elapsed());
        let reached = self.wait_for(end.position, left).await?;
        self.last_complete.note(end);
        Ok(reached)
    }
}

/// Where the store ended at a moment, or at a later one.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoreEnd {
    pub(super) position: Position,
    pub(super) seen_at: Instant,
}

/// The last moment as of which the read model is known to be complete, whoever saw that: the runner, or
/// who asked.
#[derive(Debug, Default)]
pub(super) struct LastComplete {
    reached: Mutex<Option<StoreEnd>>,
}

impl LastComplete {
    /// The read model has reached this end of the store.
    pub(super) fn note(&self, end: StoreEnd) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        if reached.is_none_or(|before| before.seen_at < end.seen_at) {
            *reached = Some(end);
        }
    }

    /// True if a read model at `position` holds all that was in the store so long ago. One that went back,
    /// since it is made again, does not.
    fn is_within(&self, age: Duration, position: Position) -> bool {
        let reached = *self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.is_some_and(|end| end.position <= position && end.seen_at.elapsed() <= age)
    }
}
