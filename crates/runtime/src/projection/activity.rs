//! What a projection has done: as numbers to look at, and as metrics.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use annals_core::{Position, Timestamp};
use tokio::time::Instant;

use super::{ProjectionStatus, RunError};
use crate::metrics::ProjectionMeter;
use pace::Pace;

mod pace;

/// What a projection has done in this process so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProjectionActivity {
    /// How many events it handled.
    pub events: u64,
    /// In how many batches.
    pub batches: u64,
    /// How many events the last batch had.
    pub last_batch: u64,
    /// For how long the last event of that had been recorded when it was committed, by the store's
    /// clock and by that of this process.
    pub visible_after: Option<Duration>,
    /// How often something went wrong and was tried again.
    pub retries: u64,
    /// How many events it handled in a second, on average over the last minute.
    pub events_per_second: f64,
}

/// What of a projection is known to its store and its read model only. What is `None` cannot be
/// found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many events of the store it has not handled yet.
    pub lag_events: Option<u64>,
    /// For how long the first of them has been recorded.
    pub lag: Option<Duration>,
    /// How many events are parked.
    pub parked: Option<u64>,
}

/// A batch that was committed.
pub(super) struct Committed {
    pub(super) events: u64,
    /// When its last event was recorded.
    pub(super) recorded_at: Timestamp,
    pub(super) committed_at: Timestamp,
    pub(super) took: Duration,
}

/// Takes note of what a projection does.
pub(super) struct ActivityLog {
    meter: ProjectionMeter,
    noted: Mutex<Noted>,
}

struct Noted {
    activity: ProjectionActivity,
    pace: Pace,
}

impl ProjectionActivity {
    /// How many events a batch had on average.
    pub fn mean_batch(&self) -> f64 {
        match self.batches {
            0 => 0.0,
            batches => self.events as f64 / batches as f64,
        }
    }
}

impl ActivityLog {
    pub(super) fn new(projection: &str) -> Self {
        let noted = Noted {
            activity: ProjectionActivity::default(),
            pace: Pace::from(Instant::now()),
        };
        Self {
            meter: ProjectionMeter::new(projection),
            noted: Mutex::new(noted),
        }
    }

    /// What was done so far.
    pub(super) fn so_far(&self) -> ProjectionActivity {
        let noted = self.noted();
        ProjectionActivity {
            events_per_second: noted.pace.per_second(Instant::now()),
            ..noted.activity
        }
    }

    pub(super) fn committed(&self, batch: &Committed) {
        let visible_after = batch.visible_after();
        self.meter.batch(batch.events, batch.took, visible_after);
        let mut noted = self.noted();
        noted.pace.count(batch.events, Instant::now());
        let activity = &mut noted.activity;
        activity.events += batch.events;
        activity.batches += 1;
        activity.last_batch = batch.events;
        activity.visible_after = Some(visible_after);
    }

    pub(super) fn retrying(&self, error: &RunError) {
        self.meter.retry(error.class());
        self.noted().activity.retries += 1;
    }

    pub(super) fn failed(&self, error: &RunError) {
        self.meter.failure(error.class());
    }

    pub(super) fn parked(&self) {
        self.meter.parking();
    }

    pub(super) fn is_at(&self, position: Position) {
        self.meter.position(position);
    }

    pub(super) fn is_in(&self, status: &ProjectionStatus) {
        self.meter.up_to_date(status.is_up_to_date());
        if status.is_over() {
            self.meter.lease_held(false);
        }
    }

    pub(super) fn holds_lease(&self, is_held: bool) {
        self.meter.lease_held(is_held);
    }

    pub(super) fn has_before_it(&self, backlog: &Backlog) {
        self.meter.backlog(backlog);
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Committed {
    /// The clocks of two machines may differ: nothing is visible before it is recorded.
    fn visible_after(&self) -> Duration {
        let age = self.committed_at.duration_since(self.recorded_at);
        Duration::try_from(age).unwrap_or_default()
    }
}
