//! Projections that run: each in a task of its own, woken by the store.
//!
//! In reading order: `progress` is what others see of it, `activity` what it has done, and `freshness`
//! how new they may ask it to be; `orders` is what it is told; `runner` is the one place where it is
//! tried again, as often as `failures` allow; `follower` does the work, in the batches of
//! `gather`; `standby` waits while another process does it, and `awaited` until the read model is
//! rebuilt.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Clock, Effect, EventStore, IdSource, Leases, Position, Projector, RandomIds, SystemClock,
};
use tokio::sync::watch;

use crate::backoff::Backoff;

mod activity;
mod awaited;
mod error_class;
mod failures;
mod follower;
mod freshness;
mod gather;
mod orders;
mod progress;
mod runner;
mod standby;

use activity::ActivityLog;
pub use activity::{Backlog, ProjectionActivity};
pub(crate) use awaited::AwaitedEdition;
pub use error_class::ErrorClass;
use freshness::LastComplete;
pub use freshness::{Freshness, NotFresh};
use orders::{Order, Orders};
pub(crate) use progress::Progress;
use progress::Reporter;
pub use progress::{NotReached, ProjectionStatus, RunError};
use runner::{Job, Runner};

/// How far an effect runs ahead, for each event that is performed at once.
const EVENTS_PER_PLACE: NonZeroUsize = NonZeroUsize::new(8).expect("eight is not zero");

/// How a projection is run. The defaults are for production.
#[derive(Clone)]
pub struct RunnerOptions {
    /// Most events in one batch, hence in one transaction of the read model. It is less for a while
    /// after a failure or a lost lease, the more often that happened: a batch that takes so long
    /// that its process looks stuck goes through in parts.
    pub max_batch: NonZeroUsize,
    /// Events that are not asked for are skipped without a write. The checkpoint is written all
    /// the same when it is so many positions behind, so that a restart need not skip them again.
    pub checkpoint_every: u64,
    /// How often in a row an event that cannot be applied is tried before it is parked, or the
    /// projection fails.
    pub event_attempts: u32,
    /// Whether an event that cannot be applied is parked as a dead letter, where the projector has a
    /// place for those. Otherwise the projection fails.
    pub parks_events: bool,
    /// What the code calls itself in a dead letter, such as its version.
    pub code_version: String,
    /// Tells when an event was parked, and when it became visible.
    pub clock: Arc<dyn Clock>,
    /// How long to wait before trying again.
    pub backoff: Backoff,
    /// Says which of several processes does the work, when they share the read model; the others
    /// stand by. Without, whoever runs it must be the only one.
    pub leases: Option<Arc<dyn Leases>>,
    /// How long a standby waits before it asks for the lease again, at most.
    pub lease_retry: Duration,
    /// Makes the waits differ.
    pub ids: Arc<dyn IdSource>,
}

impl Default for RunnerOptions {
    fn default() -> Self {
        Self {
            max_batch: NonZeroUsize::new(512).expect("512 is not zero"),
            checkpoint_every: 10_000,
            event_attempts: 5,
            parks_events: true,
            code_version: String::new(),
            clock: Arc::new(SystemClock),
            backoff: Backoff {
                first: Duration::from_millis(50),
                most: Duration::from_secs(10),
            },
            leases: None,
            lease_retry: Duration::from_secs(1),
            ids: Arc::new(RandomIds),
        }
    }
}

impl RunnerOptions {
    /// The defaults for an [effect](crate::EffectProjector). A batch is as far as it may run ahead of
    /// the first event that is not done. What is refused for good is parked at once. After a failure
    /// the other partitions go on soon; the one that failed waits for longer, by itself.
    pub fn for_effect<E: Effect>() -> Self {
        let at_once = NonZeroUsize::new(E::CONCURRENCY).unwrap_or(NonZeroUsize::MIN);
        Self {
            max_batch: at_once.saturating_mul(EVENTS_PER_PLACE),
            event_attempts: 1,
            backoff: Backoff {
                first: Duration::from_millis(50),
                most: Duration::from_secs(2),
            },
            ..Self::default()
        }
    }
}

impl std::fmt::Debug for RunnerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunnerOptions")
            .field("max_batch", &self.max_batch)
            .field("checkpoint_every", &self.checkpoint_every)
            .field("event_attempts", &self.event_attempts)
            .field("parks_events", &self.parks_events)
            .field("code_version", &self.code_version)
            .field("backoff", &self.backoff)
            .field("lease_retry", &self.lease_retry)
            .finish_non_exhaustive()
    }
}

/// Starts to keep a read model up to date with a store, in a task of its own.
///
/// It goes on from the projector's checkpoint and is woken by the store, never by a timer. When
/// the store or the read model is unavailable it tries again for as long as it takes. When an
/// event cannot be applied, it is parked after a few attempts with all that has to wait for it, and
/// [`ParkedEvents`](crate::ParkedEvents) tells of it; without a place for dead letters the
/// projection fails, having applied all before it. Other projections do not notice either.
///
/// With [`leases`](RunnerOptions::leases), one of the processes that run it does the work. The
/// others follow its checkpoint, so that [`wait_for`](ProjectionHandle::wait_for) tells the truth
/// in each of them, and one takes over when the lease is given back or lost.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn run_projection(
    store: Arc<dyn EventStore>,
    projector: Arc<dyn Projector>,
    options: RunnerOptions,
) -> ProjectionHandle {
    run(store, projector, options, None)
}

/// As [`run_projection`], once its read model is rebuilt if there is anything to wait for.
pub(crate) fn run(
    store: Arc<dyn EventStore>,
    projector: Arc<dyn Projector>,
    options: RunnerOptions,
    awaited: Option<AwaitedEdition>,
) -> ProjectionHandle {
    let name = projector.name().to_owned();
    let (reporter, progress) = Reporter::new(name.clone());
    if awaited.is_some() {
        reporter.awaits_rebuild();
    }
    let activity = reporter.activity();
    let (orders, told) = watch::channel(Order::Run);
    let last_complete = Arc::<LastComplete>::default();
    let job = Job {
        store,
        projector,
        options,
        awaited,
        last_complete: Arc::clone(&last_complete),
        reporter,
    };
    tokio::spawn(Runner::new(job, Orders(told)).run());
    ProjectionHandle {
        name,
        progress,
        activity,
        last_complete,
        orders,
    }
}

/// A running projection. Dropping the handle stops it too, without waiting for it.
#[must_use = "dropping the handle stops the projection"]
pub struct ProjectionHandle {
    name: String,
    progress: watch::Receiver<Progress>,
    activity: Arc<ActivityLog>,
    last_complete: Arc<LastComplete>,
    orders: watch::Sender<Order>,
}

impl ProjectionHandle {
    /// The name of the projection.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Up to where the read model is complete. It goes back when the read model is made again, and
    /// after a failure to what is known to be written.
    pub fn position(&self) -> Position {
        self.progress.borrow().position
    }

    /// What it is doing.
    pub fn status(&self) -> ProjectionStatus {
        self.progress.borrow().status.clone()
    }

    /// What it has done in this process so far.
    pub fn activity(&self) -> ProjectionActivity {
        self.activity.so_far()
    }

    /// Measures how far it is behind and what is parked, which takes a look at the store and at the
    /// read model: all else is measured as it happens.
    pub fn measure(&self, backlog: &Backlog) {
        self.activity.has_before_it(backlog);
    }

    /// How far it is and what it is doing, for as long as it runs.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Waits until the read model holds everything up to a position, also if nothing there
    /// concerns it. Answers with the position reached, which may be a later one.
    ///
    /// # Errors
    /// [`NotReached`] when it takes longer than `limit`, or when the projection has ended.
    pub async fn wait_for(
        &self,
        position: Position,
        limit: Duration,
    ) -> Result<Position, NotReached> {
        let mut progress = self.progress.clone();
        let settled = progress.wait_for(|now| now.position >= position || now.status.is_over());
        let now = match tokio::time::timeout(limit, settled).await {
            // It may go back right after.
            Ok(Ok(now)) => now.clone(),
            // Late, or over with its last status left behind: the progress itself tells which.
            Ok(Err(_)) | Err(_) => self.progress.borrow().clone(),
        };
        if now.position >= position {
            return Ok(now.position);
        }
        Err(now.not_reached())
    }

    /// Pauses it: the batch in progress is finished, the checkpoint is written, and a lease is given
    /// back, so that another process may go on. It stays as it is until it is [resumed](Self::resume)
    /// or stopped; one that is over stays so.
    ///
    /// This process alone is paused, and nothing of it is written down: started again, it runs.
    pub async fn pause(&self) {
        let is_paused = |status: &_| matches!(status, ProjectionStatus::Paused);
        self.tell(Order::Pause, is_paused).await;
    }

    /// Ends a pause: it goes on at the checkpoint, wherever that is by then.
    pub async fn resume(&self) {
        let is_resumed = |status: &_| !matches!(status, ProjectionStatus::Paused);
        self.tell(Order::Run, is_resumed).await;
    }

    /// Waits until an order is obeyed, unless that is over or told otherwise meanwhile.
    async fn tell(&self, order: Order, is_obeyed: impl Fn(&ProjectionStatus) -> bool) {
        self.orders.send_if_modified(|now| {
            let is_new = *now != Order::Stop;
            if is_new {
                *now = order;
            }
            is_new
        });
        let (mut orders, mut progress) = (self.orders.subscribe(), self.progress.clone());
        tokio::select! {
            _ = progress.wait_for(|now| is_obeyed(&now.status) || now.status.is_over()) => {}
            _ = orders.wait_for(|now| *now != order) => {}
        }
    }

    /// Stops it: the batch in progress is finished and the checkpoint is written. Then it has
    /// also let go of the store and the read model.
    pub async fn stop(&self) {
        self.orders.send_replace(Order::Stop);
        let mut progress = self.progress.clone();
        // The reporter is the last that the runner drops; until then it may tell of more.
        while progress.changed().await.is_ok() {}
    }
}

impl Drop for ProjectionHandle {
    fn drop(&mut self) {
        self.orders.send_replace(Order::Stop);
    }
}

impl std::fmt::Debug for ProjectionHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProjectionHandle")
            .field("name", &self.name)
            .field("progress", &*self.progress.borrow())
            .finish_non_exhaustive()
    }
}
