//! Where appends wait until a writer takes them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use super::group::Group;
use super::unsettled::Unsettled;
use super::{Request, overloaded};

#[cfg(test)]
mod tests;

/// How many places there are for appends that wait or are on their way.
const PLACES: usize = 8_192;

/// An append takes one place, and one more for each time that it has so many bytes: all in line
/// have 64 MiB at most.
const BYTES: usize = 8 * 1024;

/// Who may wait. Whoever finds no place waits for one before.
pub(super) struct Line(Arc<Semaphore>);

/// A place in line, for as long as it is kept.
pub(super) type Place = OwnedSemaphorePermit;

impl Default for Line {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PLACES)))
    }
}

impl Line {
    /// The place of an append that takes so many bytes.
    pub(super) async fn place(&self, bytes: usize) -> Place {
        let places = u32::try_from(1 + bytes / BYTES).expect("an append is bounded");
        let places = Arc::clone(&self.0).acquire_many_owned(places).await;
        places.expect("a line is never closed")
    }
}

/// What waits for a writer.
pub(super) struct Inbox {
    arriving: mpsc::UnboundedReceiver<Request>,
    /// Arrived, and not yet in a group.
    waiting: VecDeque<Request>,
    /// Whoever has no more time than this is not sent.
    least_time: Duration,
    unsettled: Arc<Unsettled>,
}

impl Inbox {
    pub(super) fn new(
        arriving: mpsc::UnboundedReceiver<Request>,
        least_time: Duration,
        unsettled: Arc<Unsettled>,
    ) -> Self {
        Self {
            arriving,
            waiting: VecDeque::new(),
            least_time,
            unsettled,
        }
    }

    /// Everything that arrived and can travel together; `None` when nobody can ask any more.
    ///
    /// A group leaves when nothing is on its way, or when as many wait as are on their way: so
    /// the next is sent while the last is made durable, and groups stay as large as they can be.
    pub(super) async fn next_group(&mut self, under_way: &Arc<UnderWay>) -> Option<(Group, Trip)> {
        loop {
            self.take_in();
            self.refuse_late();
            if !self.waiting.is_empty() && self.waiting.len() >= under_way.appends() {
                let group = Group::take(&mut self.waiting);
                let trip = under_way.begin(group.requests.len());
                return Some((group, trip));
            }
            tokio::select! {
                arrived = self.arriving.recv() => match arrived {
                    Some(request) => self.waiting.push_back(request),
                    None if self.waiting.is_empty() => return None,
                    // The last ones need not wait for company.
                    None => under_way.arrived().await,
                },
                () = under_way.arrived() => {}
            }
        }
    }

    fn take_in(&mut self) {
        while let Ok(request) = self.arriving.try_recv() {
            self.waiting.push_back(request);
        }
    }

    /// Answers those who have waited for too long, wherever they stand: who waited for a place in
    /// line may be behind others that have more time.
    fn refuse_late(&mut self) {
        let least = Instant::now() + self.least_time;
        let is_late = |request: &Request| request.until < least;
        if !self.waiting.iter().any(is_late) {
            return;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let (late, waiting): (VecDeque<Request>, _) = waiting.into_iter().partition(is_late);
        self.waiting = waiting;
        let refused = late.into_iter().map(|late| (late, Err(overloaded())));
        self.unsettled.answer(refused.collect());
    }
}

/// How many appends are on their way.
#[derive(Default)]
pub(super) struct UnderWay {
    appends: AtomicUsize,
    arrived: Notify,
}

/// Appends on their way, until this is dropped.
pub(super) struct Trip {
    under_way: Arc<UnderWay>,
    appends: usize,
}

impl UnderWay {
    fn appends(&self) -> usize {
        self.appends.load(Ordering::Acquire)
    }

    fn begin(self: &Arc<Self>, appends: usize) -> Trip {
        self.appends.fetch_add(appends, Ordering::AcqRel);
        let under_way = Arc::clone(self);
        Trip { under_way, appends }
    }

    /// Waits until a trip is over. It may have been before, too.
    async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

/// However it ends: of a writer that panicked, nobody would wait for the rest.
impl Drop for Trip {
    fn drop(&mut self) {
        let appends = &self.under_way.appends;
        appends.fetch_sub(self.appends, Ordering::AcqRel);
        self.under_way.arrived.notify_one();
    }
}
