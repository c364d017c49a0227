//! The task behind a projection: do the work when it is its turn, and try again.

use std::sync::Arc;

use annals_core::{EventStore, Lease, Leases, ProjectionError, Projector, ReadError};

use super::failures::Failures;
use super::follower::Follower;
use super::orders::{Order, Orders};
use super::standby::{Ask, Standby};
use super::{AwaitedEdition, LastComplete, Reporter, RunError, RunnerOptions};
use crate::lease::give_back;

/// What a runner is given to do.
pub(super) struct Job {
    pub(super) store: Arc<dyn EventStore>,
    pub(super) projector: Arc<dyn Projector>,
    pub(super) options: RunnerOptions,
    /// What is waited for before the work begins.
    pub(super) awaited: Option<AwaitedEdition>,
    pub(super) last_complete: Arc<LastComplete>,
    // Last, so that it is dropped last: whoever waits for its end may then open the store anew.
    pub(super) reporter: Reporter,
}

/// Drives one projector.
///
/// Whatever goes wrong, it begins again at the checkpoint, as after a restart: there is one way
/// to recover, and a commit whose answer was lost shows in where the checkpoint is.
pub(super) struct Runner {
    orders: Orders,
    failures: Failures,
    job: Job,
}

impl Runner {
    pub(super) fn new(job: Job, orders: Orders) -> Self {
        Self {
            orders,
            failures: Failures::default(),
            job,
        }
    }

    /// Runs until it is told to stop, or until trying again is of no use.
    pub(super) async fn run(mut self) {
        while self.is_to_run().await {
            if !self.has_its_edition().await {
                continue;
            }
            let Err(error) = self.work().await else {
                continue;
            };
            self.failures.count(&error);
            if self.gives_up(&error) {
                continue;
            }
            if self.is_final(&error) {
                return self.job.reporter.failed(error);
            }
            let attempt = self.failures.in_a_row();
            self.job.reporter.retrying(error, attempt);
            let options = &self.job.options;
            let pause = options.backoff.pause(attempt, &*options.ids);
            let _told = self.orders.unless_told(pause).await;
        }
        self.job.reporter.stopped();
    }

    /// Waits while it is paused. False: it is to stop.
    async fn is_to_run(&mut self) -> bool {
        loop {
            match self.orders.now() {
                Order::Run => return true,
                Order::Stop => return false,
                Order::Pause => {
                    self.job.reporter.paused();
                    self.orders.until_pause_ends().await;
                    match self.job.awaited {
                        Some(_) => self.job.reporter.awaits_rebuild(),
                        None => self.job.reporter.begins_anew(),
                    }
                }
            }
        }
    }

    /// Waits until the read model is rebuilt, if that is waited for. False: told not to.
    async fn has_its_edition(&mut self) -> bool {
        let job = &self.job;
        let Some(awaited) = &job.awaited else {
            return true;
        };
        let wait = awaited.wait(&job.reporter, &*job.options.ids);
        let has_come = self.orders.unless_told(wait).await.is_some();
        if has_come {
            self.job.awaited = None;
            self.job.reporter.begins_anew();
        }
        has_come
    }

    /// Works until it is told not to; with leases, whenever it holds the one for its work.
    async fn work(&mut self) -> Result<(), RunError> {
        let Some(leases) = self.job.options.leases.clone() else {
            return self.follow(None).await;
        };
        let mut ask = Ask::AtOnce;
        while let Some(lease) = self.stand_by(&*leases, ask).await? {
            self.job.reporter.took_lease(&lease);
            tokio::select! {
                biased;
                // A batch in progress is dropped; if it is committed all the same, the
                // checkpoint tells.
                () = lease.lost() => {
                    let times = self.failures.count_lost_lease();
                    self.job.reporter.lost_lease(&lease, times);
                }
                done = self.follow(Some(&lease)) => {
                    self.job.reporter.lets_lease_go();
                    // When it failed, another may try at once.
                    done?;
                    give_back(lease).await;
                    return Ok(());
                }
            }
            // Who was stuck may be stuck again.
            ask = Ask::AfterOthers;
        }
        Ok(())
    }

    /// Waits for the lease. `None`: told not to.
    async fn stand_by(&mut self, leases: &dyn Leases, ask: Ask) -> Result<Option<Lease>, RunError> {
        let standby = Standby::new(&self.job, leases);
        let lease = standby.wait_for_lease(ask, &mut self.failures);
        self.orders.unless_told(lease).await.transpose()
    }

    /// Takes in events from the checkpoint on, until it is told not to.
    async fn follow(&mut self, lease: Option<&Lease>) -> Result<(), RunError> {
        let follower = Follower::resume(&self.job, lease).await?;
        follower.follow(&mut self.failures, &mut self.orders).await
    }

    /// Whether the event that failed is to be parked. Then it is not tried again.
    fn gives_up(&mut self, error: &RunError) -> bool {
        let RunError::ReadModel(ProjectionError::Event { cause, .. }) = error else {
            return false;
        };
        let (options, projector) = (&self.job.options, &self.job.projector);
        let is_tried = self.failures.attempts() >= options.event_attempts;
        if !is_tried || !options.parks_events || projector.dead_letters().is_none() {
            return false;
        }
        let now = options.clock.now();
        self.failures
            .give_up(cause.to_string(), &options.code_version, now);
        true
    }

    fn is_final(&self, error: &RunError) -> bool {
        match error {
            RunError::Store(ReadError::Unavailable { .. }) => false,
            RunError::ReadModel(ProjectionError::Unavailable(_)) => false,
            RunError::ReadModel(ProjectionError::NotAcknowledged { .. }) => false,
            // Another runner of this projection, or a commit whose answer was lost.
            RunError::ReadModel(ProjectionError::Moved { .. }) => false,
            RunError::Lease(_) => false,
            RunError::ReadModel(ProjectionError::Event { .. }) => {
                self.failures.attempts() >= self.job.options.event_attempts
            }
            _ => true,
        }
    }
}
