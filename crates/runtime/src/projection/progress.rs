//! What others see of a running projection: how far it is, and what it is doing.

use std::sync::Arc;

use annals_core::{Failure, Lease, LeaseError, Position, ProjectionError, ReadError};
use tokio::sync::watch;

use super::activity::{ActivityLog, Committed};

/// What a projection is doing.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionStatus {
    /// It has not yet reached the end of the store since it started or failed.
    #[error("catching up")]
    CatchingUp,
    /// It has reached the end of the store and takes in events as they are recorded.
    #[error("live")]
    Live,
    /// Another process does the work and has caught up; its progress is followed, and its lease
    /// waited for.
    #[error("on standby")]
    Standby,
    /// Something went wrong, and it tries again.
    #[error("trying again after failure {attempt} in a row: {error}")]
    Retrying {
        /// What went wrong last.
        #[source]
        error: RunError,
        /// How many times in a row.
        attempt: u32,
    },
    /// Something went wrong that trying again does not mend. The read model stays as it is.
    #[error("failed: {error}")]
    Failed {
        /// What went wrong.
        #[source]
        error: RunError,
    },
    /// The read model is of another declaration, and is read as it is until it is rebuilt. Who runs
    /// code of that declaration may keep it up to date; its progress is told.
    #[error("waiting until the read model is rebuilt")]
    AwaitsRebuild,
    /// It was told to pause, and has: it neither works nor follows what another process does.
    #[error("paused")]
    Paused,
    /// It was told to stop, and has.
    #[error("stopped")]
    Stopped,
}

impl ProjectionStatus {
    /// True if the read model held all that was recorded when this process began to follow, here
    /// or in another process, and nothing went wrong since.
    pub fn is_up_to_date(&self) -> bool {
        matches!(self, Self::Live | Self::Standby)
    }

    /// True if it will not go on by itself.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Stopped)
    }
}

/// What went wrong with a running projection.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Events could not be read.
    /// **Do:** what [`ReadError`] says.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The read model could not be written.
    /// **Do:** what [`ProjectionError`] says.
    #[error(transparent)]
    ReadModel(#[from] ProjectionError),
    /// It could not be found out whose turn it is.
    /// **Do:** what [`LeaseError`] says.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The read model holds more than the store does: the store was put back to an earlier time,
    /// and what comes next would take places that the read model believes it has seen.
    /// **Do:** put the store's later events back, or delete the read model to have it rebuilt.
    #[error("the read model is at position {checkpoint}, ahead of the store at {head}")]
    AheadOfStore {
        /// Where the read model is.
        checkpoint: Position,
        /// The last position of the store.
        head: Position,
    },
    /// The projection's code panicked, or its runtime was shut down.
    /// **Do:** look for the panic in the log.
    #[error("the projection ended without saying why")]
    Aborted,
}

/// A position was not reached.
///
/// **Do:** when the projection is catching up, live, waiting or trying again, ask later; resume it
/// when it is paused; otherwise mend what its status names.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the read model is at position {reached}; its projection is {cause}")]
pub struct NotReached {
    /// The position that was reached.
    pub reached: Position,
    /// What the projection is doing.
    #[source]
    pub cause: ProjectionStatus,
}

/// How far a projection is, and what it is doing: always told together.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) position: Position,
    pub(crate) status: ProjectionStatus,
}

impl Progress {
    /// What to tell who waited for more.
    pub(super) fn not_reached(&self) -> NotReached {
        NotReached {
            reached: self.position,
            cause: self.status.clone(),
        }
    }
}

/// The runner's end of its progress.
///
/// It says how things ended even when the runner cannot: dropped without a final status, it
/// reports a failure, so that nobody waits for a projection that panicked.
pub(super) struct Reporter {
    projection: String,
    progress: watch::Sender<Progress>,
    activity: Arc<ActivityLog>,
}

impl Reporter {
    pub(super) fn new(projection: String) -> (Self, watch::Receiver<Progress>) {
        let (progress, seen) = watch::channel(Progress {
            position: Position::START,
            status: ProjectionStatus::CatchingUp,
        });
        let reporter = Self {
            activity: Arc::new(ActivityLog::new(&projection)),
            projection,
            progress,
        };
        (reporter, seen)
    }

    pub(super) fn activity(&self) -> Arc<ActivityLog> {
        Arc::clone(&self.activity)
    }

    /// The read model was found to be complete up to `position`, which is less than before if it
    /// is being made again.
    pub(super) fn resumed(&self, position: Position) {
        self.activity.is_at(position);
        self.progress
            .send_modify(|progress| progress.position = position);
    }

    /// The effect of everything up to `position` is committed.
    pub(super) fn reached(&self, position: Position, status: ProjectionStatus) {
        self.activity.is_at(position);
        self.activity.is_in(&status);
        self.progress
            .send_modify(|progress| *progress = Progress { position, status });
    }

    /// It waits until the read model is rebuilt.
    pub(super) fn awaits_rebuild(&self) {
        self.set(ProjectionStatus::AwaitsRebuild);
    }

    /// A batch is committed; that it was reached is still to be told.
    pub(super) fn committed(&self, batch: &Committed) {
        self.activity.committed(batch);
    }

    /// From now on the work is done here.
    pub(super) fn took_lease(&self, lease: &Lease) {
        let token = lease.token();
        tracing::info!(
            projection = self.projection,
            token,
            "projection took its lease"
        );
        self.activity.holds_lease(true);
        let is_standby = matches!(self.progress.borrow().status, ProjectionStatus::Standby);
        if is_standby {
            self.set(ProjectionStatus::CatchingUp);
        }
    }

    /// The work is done, or failed: another process may do it.
    pub(super) fn lets_lease_go(&self) {
        self.activity.holds_lease(false);
    }

    /// From now on the work is done elsewhere; so often since something was taken in here.
    pub(super) fn lost_lease(&self, lease: &Lease, times: u32) {
        let token = lease.token();
        tracing::warn!(
            projection = self.projection,
            token,
            times,
            "projection lost its lease"
        );
        self.activity.holds_lease(false);
        // How far the read model is, the first look as a standby tells.
        self.set(ProjectionStatus::CatchingUp);
    }

    /// Something went wrong, and will be tried again.
    pub(super) fn retrying(&self, error: RunError, attempt: u32) {
        tracing::warn!(projection = self.projection, %error, attempt, "projection tries again");
        self.activity.retrying(&error);
        self.set(ProjectionStatus::Retrying { error, attempt });
    }

    /// An event could not be applied, and the projection goes on without it.
    pub(super) fn parked(&self, position: Position, failure: &Failure) {
        tracing::error!(
            projection = self.projection,
            %position,
            error = failure.error,
            attempts = failure.tried.attempts,
            "an event is parked: it and what waits for it are dead letters"
        );
        self.activity.parked();
    }

    /// The projection is over because of an error.
    pub(super) fn failed(&self, error: RunError) {
        tracing::error!(projection = self.projection, %error, "projection failed");
        self.activity.failed(&error);
        if matches!(
            error,
            RunError::ReadModel(ProjectionError::Superseded { .. })
        ) {
            // What was reached is gone with the tables.
            self.resumed(Position::START);
        }
        self.set(ProjectionStatus::Failed { error });
    }

    /// It does nothing until it is told otherwise.
    pub(super) fn paused(&self) {
        tracing::info!(projection = self.projection, "projection paused");
        self.set(ProjectionStatus::Paused);
    }

    /// A pause is over, or a wait.
    pub(super) fn begins_anew(&self) {
        self.set(ProjectionStatus::CatchingUp);
    }

    /// The projection is over because it was told to stop.
    pub(super) fn stopped(&self) {
        self.set(ProjectionStatus::Stopped);
    }

    fn set(&self, status: ProjectionStatus) {
        self.activity.is_in(&status);
        self.progress
            .send_modify(|progress| progress.status = status);
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        let is_over = self.progress.borrow().status.is_over();
        if !is_over {
            self.failed(RunError::Aborted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_lost_its_lease_is_not_up_to_date_before_it_looks() {
        let (reporter, progress) = Reporter::new("balances".to_owned());
        let (lease, _state) = Lease::granted(1);
        for status in [ProjectionStatus::CatchingUp, ProjectionStatus::Live] {
            reporter.reached(Position(1), status);
            reporter.lost_lease(&lease, 1);
            assert!(!progress.borrow().status.is_up_to_date());
        }
    }
}
