//! Processes that share a read model: one applies events, all know how far it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use annals_core::{Lease, LeaseError, Leases, Position};
use annals_runtime::{ProjectionStatus, RunError};
use annals_testing::MemoryLeases;
use async_trait::async_trait;

use crate::ledger::{LONG, Ledger, record, until};
use crate::processes::{Shared, run_under, until_live, until_standby};

#[tokio::test]
async fn only_the_holder_of_the_lease_applies_events() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let followers = [(); 2].map(|()| Ledger::beside(&ledger));
    let owner = shared.run_owner(&ledger).await;
    let standbys = [
        shared.run_standby(&followers[0]).await,
        shared.run_standby(&followers[1]).await,
    ];
    for _ in 0..10 {
        let last = record(&*shared.store, "Account", 3).await;
        for process in standbys.iter().chain([&owner]) {
            process.wait_for(last, LONG).await.unwrap();
        }
    }
    assert_eq!(ledger.applied(), (1..=30).collect::<Vec<_>>());
    for follower in followers {
        assert_eq!(follower.arrived.available_permits(), 0);
    }
}

#[tokio::test]
async fn waiting_works_on_a_standby_also_when_nothing_concerns_it() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let before = record(&*shared.store, "Parcel", 5).await;
    let owner = shared.run_owner(&ledger).await;
    let standby = shared.run_standby(&Ledger::beside(&ledger)).await;
    standby.wait_for(before, LONG).await.unwrap();
    let last = record(&*shared.store, "Parcel", 1).await;
    assert_eq!(standby.wait_for(last, LONG).await.unwrap(), last);
    owner.wait_for(last, LONG).await.unwrap();
    // And nobody writes anything for it.
    assert!(ledger.kept().batches.is_empty());
}

#[tokio::test]
async fn a_standby_tells_of_nothing_that_is_not_committed() {
    let shared = Shared::new();
    let ledger = Ledger::closed();
    let _owner = shared.run_owner(&ledger).await;
    let standby = shared.run_standby(&Ledger::beside(&ledger)).await;
    let last = record(&*shared.store, "Account", 1).await;
    let _arrived = ledger.arrived.acquire().await;
    let early = standby.wait_for(last, Duration::ZERO).await.unwrap_err();
    assert_eq!(early.reached, Position::START);
    assert!(matches!(early.cause, ProjectionStatus::Standby));
    ledger.open();
    standby.wait_for(last, LONG).await.unwrap();
}

#[tokio::test]
async fn a_standby_whose_read_model_is_behind_says_that_it_is_catching_up() {
    let shared = Shared::new();
    let ledger = Ledger::closed();
    let last = record(&*shared.store, "Account", 1).await;
    let owner = shared.run(&ledger);
    let _arrived = ledger.arrived.acquire().await;
    let follower = Ledger::beside(&ledger);
    let standby = shared.run(&follower);
    while follower.looks.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let early = standby.wait_for(last, Duration::ZERO).await.unwrap_err();
    assert!(matches!(early.cause, ProjectionStatus::CatchingUp));
    ledger.open();
    standby.wait_for(last, LONG).await.unwrap();
    assert!(matches!(standby.status(), ProjectionStatus::Standby));
    owner.stop().await;
}

#[tokio::test]
async fn a_standby_looks_at_nothing_while_nothing_is_new() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let follower = Ledger::beside(&ledger);
    let owner = shared.run_owner(&ledger).await;
    let leases = Arc::new(Asked::of(&shared.leases));
    let standby = run_under(&shared.store, &follower, Arc::clone(&leases) as _);
    let last = record(&*shared.store, "Account", 1).await;
    standby.wait_for(last, LONG).await.unwrap();

    let looks = follower.looks.load(Ordering::Relaxed);
    let asked = leases.asked.load(Ordering::Relaxed);
    while leases.asked.load(Ordering::Relaxed) < asked + 20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(follower.looks.load(Ordering::Relaxed), looks);
    owner.stop().await;
}

#[tokio::test]
async fn a_projection_that_has_leases_works_alone_too() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    for round in 1..=3 {
        let last = record(&*shared.store, "Account", 1).await;
        let projection = shared.run(&ledger);
        projection.wait_for(last, LONG).await.unwrap();
        until_live(&projection).await;
        projection.stop().await;
        assert!(matches!(projection.status(), ProjectionStatus::Stopped));
        assert_eq!(ledger.applied(), (1..=round).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn leases_that_are_away_delay_the_work_and_end_nothing() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let leases = Asked {
        away: AtomicU32::new(20),
        ..Asked::of(&shared.leases)
    };
    let last = record(&*shared.store, "Account", 1).await;
    let projection = run_under(&shared.store, &ledger, Arc::new(leases));
    until(&projection, |status| {
        matches!(
            status,
            ProjectionStatus::Retrying {
                error: RunError::Lease(_),
                ..
            }
        )
    })
    .await;
    assert!(ledger.applied().is_empty());
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.applied(), [1]);
}

#[tokio::test]
async fn a_standby_can_be_stopped() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let owner = shared.run_owner(&ledger).await;
    let standby = shared.run_standby(&Ledger::beside(&ledger)).await;
    standby.stop().await;
    assert!(matches!(standby.status(), ProjectionStatus::Stopped));
    until_live(&owner).await;
    until_standby(&shared.run(&Ledger::beside(&ledger))).await;
}

/// Leases that count how often they are asked for, and are away the first times.
struct Asked {
    leases: MemoryLeases,
    asked: AtomicU32,
    away: AtomicU32,
}

impl Asked {
    fn of(leases: &MemoryLeases) -> Self {
        Self {
            leases: leases.clone(),
            asked: AtomicU32::default(),
            away: AtomicU32::default(),
        }
    }
}

#[async_trait]
impl Leases for Asked {
    async fn try_acquire(&self, work: &str) -> Result<Option<Lease>, LeaseError> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if asked < self.away.load(Ordering::Relaxed) {
            let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            return Err(LeaseError::Unavailable(Arc::new(cause)));
        }
        self.leases.try_acquire(work).await
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        self.leases.held(prefix).await
    }
}
