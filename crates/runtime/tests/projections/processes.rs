//! Several processes that run one projection: each with its own runner, and one set of leases.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{EventStore, Leases, Timestamp};
use annals_embedded::EmbeddedStore;
use annals_runtime::{ProjectionHandle, ProjectionStatus, RunnerOptions};
use annals_testing::{ManualClock, MemoryLeases, SequentialIds};

use crate::ledger::{Ledger, new_store, quick, run, until};

/// What the ledger's runners hold a lease for.
pub(crate) const WORK: &str = "projection/ledger";

/// What the processes share.
pub(crate) struct Shared {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) clock: ManualClock,
    pub(crate) leases: MemoryLeases,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        Self {
            store: new_store(),
            leases: MemoryLeases::new(&clock),
            clock,
        }
    }

    /// Starts a process.
    pub(crate) fn run(&self, ledger: &Arc<Ledger>) -> ProjectionHandle {
        run_under(&self.store, ledger, Arc::new(self.leases.clone()))
    }

    /// Starts a process, and waits until it does the work.
    pub(crate) async fn run_owner(&self, ledger: &Arc<Ledger>) -> ProjectionHandle {
        let owner = self.run(ledger);
        until_live(&owner).await;
        owner
    }

    /// Starts a process, and waits until it stands by.
    pub(crate) async fn run_standby(&self, ledger: &Arc<Ledger>) -> ProjectionHandle {
        let standby = self.run(ledger);
        until_standby(&standby).await;
        standby
    }

    /// Turns the clock, with several heartbeats in each term of a lease.
    pub(crate) fn pass(&self, time: Duration) {
        let step = MemoryLeases::TERM / 4;
        let mut passed = Duration::ZERO;
        while passed < time {
            self.clock.advance(step);
            self.leases.beat();
            passed += step;
        }
    }
}

/// Runs a ledger under leases.
pub(crate) fn run_under(
    store: &Arc<impl EventStore>,
    ledger: &Arc<Ledger>,
    leases: Arc<dyn Leases>,
) -> ProjectionHandle {
    let options = RunnerOptions {
        leases: Some(leases),
        lease_retry: Duration::from_millis(10),
        // Always the shortest pauses, so that it is certain who asks first.
        ids: Arc::new(SequentialIds::default()),
        ..quick()
    };
    run(store, ledger, options)
}

pub(crate) async fn until_live(projection: &ProjectionHandle) {
    until(projection, |status| {
        matches!(status, ProjectionStatus::Live)
    })
    .await;
}

pub(crate) async fn until_standby(projection: &ProjectionHandle) {
    until(projection, |status| {
        matches!(status, ProjectionStatus::Standby)
    })
    .await;
}
