//! How many events of a batch are performed at once, and for how long.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Which events of a batch are begun, and when.
pub(super) struct Turns {
    places: Semaphore,
    over_at: Instant,
}

impl Turns {
    /// So many at once, each begun within a time.
    pub(super) fn of_batch(at_once: usize, within: Duration) -> Self {
        Self {
            places: Semaphore::new(at_once.max(1)),
            over_at: Instant::now() + within,
        }
    }

    /// Waits for a turn; `None` once the time is over.
    pub(super) async fn next(&self) -> Option<SemaphorePermit<'_>> {
        let turn = self.places.acquire().await.ok();
        turn.filter(|_| Instant::now() < self.over_at)
    }
}
