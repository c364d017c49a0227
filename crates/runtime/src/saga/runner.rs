//! The task that has done what is due, for as long as it has a seat.

use std::sync::Arc;

use annals_core::{Leases, Saga, Table};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::driver::Driver;
use super::nudges::Nudged;
use super::rows::SagaRow;
use super::seats::{Seat, Seats, asked_every};
use super::shift::Shift;
use super::{SagaEngine, SagaOptions};
use crate::backoff::wait;
use crate::metrics::SagaMeter;
use crate::projection::{Progress, ProjectionHandle};

#[cfg(test)]
mod tests;

/// After so many looks in a row that failed, a process leaves its share to others.
const FAILED_LOOKS: u32 = 5;

/// It takes another after this many times the wait between looks.
const LEFT_FOR_LOOKS: u32 = 10;

/// The task that does what is open for the instances of a saga. Dropping it stops it: what it is at is
/// done again under the same keys by whoever comes next.
#[must_use = "dropping the handle stops the saga"]
#[derive(Debug)]
pub struct SagaHandle {
    task: AbortHandle,
    ended: watch::Receiver<()>,
}

/// What the task needs.
pub(super) struct Runner<S: Saga> {
    pub(super) driver: Arc<Driver<S>>,
    pub(super) rows: Table<SagaRow>,
    /// How far those are.
    pub(super) index: watch::Receiver<Progress>,
    pub(super) nudged: Nudged,
    seats: Seats,
    pub(super) options: SagaOptions,
    pub(super) meter: SagaMeter,
}

impl<S: Saga> SagaEngine<S> {
    /// Does what is open for the instances, in a task of its own, for as long as the handle is there.
    ///
    /// They are found in `rows`, the read model that the projection `index` keeps up to date. With
    /// leases, the processes that run the saga share them out; without, this one takes all for its own.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn run(
        &self,
        rows: Table<SagaRow>,
        index: &ProjectionHandle,
        leases: Option<Arc<dyn Leases>>,
    ) -> SagaHandle {
        let (alive, ended) = watch::channel(());
        let runner = Runner {
            driver: Arc::new(self.driver(alive.clone())),
            rows,
            index: index.progress(),
            nudged: self.nudges.listen(),
            seats: Seats::at(S::NAME, leases),
            options: self.options.clone(),
            meter: SagaMeter::new(S::NAME),
        };
        let task = tokio::spawn(async move {
            // Dropped last, when nothing of the runner is left.
            let _alive = alive;
            runner.run().await;
        });
        SagaHandle {
            task: task.abort_handle(),
            ended,
        }
    }
}

impl SagaHandle {
    /// Stops it, and waits until nothing is done any more. Its share is free for others soon after.
    pub async fn stop(&self) {
        self.task.abort();
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

impl Drop for SagaHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S: Saga> Runner<S> {
    async fn run(self) {
        self.meter.stands_by();
        loop {
            let mut pause = asked_every(&self.options);
            match self.seats.take().await {
                Ok(Some(seat)) => tokio::select! {
                    () = seat.lost() => {}
                    () = self.work(&seat) => pause = LEFT_FOR_LOOKS * self.options.look_every,
                },
                Ok(None) => {}
                Err(error) => tracing::warn!(saga = S::NAME, %error, "who works on it is unknown"),
            }
            wait(pause).await;
        }
    }

    /// Does what is due, until what is due cannot be found out while others may be able to.
    async fn work(&self, seat: &Seat<'_>) {
        let mut shift = Shift::of(self, seat);
        let mut failed = 0;
        while failed < FAILED_LOOKS || !shift.is_shared() {
            seat.working();
            match shift.look().await {
                Ok(()) => failed = 0,
                Err(error) => {
                    failed += 1;
                    tracing::warn!(saga = S::NAME, %error, "what is due is unknown");
                }
            }
            seat.idle();
            shift.until_next_look().await;
        }
        tracing::warn!(saga = S::NAME, "its share is left to others for a while");
    }
}
