//! Owners that lose their lease, pause, hang, fail or stop: another goes on, and applies once.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use annals_core::{Lease, LeaseError, Leases, Position};
use annals_runtime::ProjectionStatus;
use annals_testing::MemoryLeases;
use async_trait::async_trait;

use crate::ledger::{LONG, Ledger, new_store, record, until};
use crate::processes::{Shared, WORK, run_under, until_live, until_standby};

#[tokio::test]
async fn a_lost_lease_hands_the_work_over() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let first = shared.run_owner(&ledger).await;
    let second = shared.run_standby(&Ledger::beside(&ledger)).await;
    for (owner, standby) in [(&first, &second), (&second, &first), (&first, &second)] {
        let last = record(&*shared.store, "Account", 2).await;
        owner.wait_for(last, LONG).await.unwrap();
        until_live(owner).await;
        shared.leases.take_away(WORK);
        until_standby(owner).await;
        until_live(standby).await;
    }
    let last = record(&*shared.store, "Account", 1).await;
    first.wait_for(last, LONG).await.unwrap();
    second.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.applied(), (1..=7).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_owner_that_was_paused_writes_nothing_when_it_wakes_up() {
    let shared = Shared::new();
    let paused = Ledger::closed();
    let other = Ledger::closed_beside(&paused);
    let last = record(&*shared.store, "Account", 3).await;
    let old_owner = shared.run(&paused);
    let _in_progress = paused.arrived.acquire().await;
    shared.leases.pause(WORK);
    shared.clock.advance(MemoryLeases::TERM);

    // It took over, and has written nothing yet either: the checkpoint is where it was.
    let new_owner = shared.run(&other);
    let _resumed = other.arrived.acquire().await;
    paused.open();
    // It follows the checkpoint: it knows that the work is another's.
    while paused.looks.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(paused.applied().is_empty());

    other.open();
    new_owner.wait_for(last, LONG).await.unwrap();
    old_owner.wait_for(last, LONG).await.unwrap();
    until_standby(&old_owner).await;
    assert_eq!(paused.applied(), [1, 2, 3]);
}

#[tokio::test]
async fn a_stuck_owner_loses_its_lease_and_another_goes_on() {
    let shared = Shared::new();
    let stuck = Ledger::closed();
    let first = shared.run_owner(&stuck).await;
    let second = shared.run_standby(&Ledger::beside(&stuck)).await;
    // With nothing to do it is not stuck, for however long.
    shared.pass(10 * MemoryLeases::STUCK_AFTER);
    until_live(&first).await;

    let last = record(&*shared.store, "Account", 3).await;
    let _in_progress = stuck.arrived.acquire().await;
    shared.pass(MemoryLeases::STUCK_AFTER + 2 * MemoryLeases::TERM);
    second.wait_for(last, LONG).await.unwrap();
    until_live(&second).await;
    until_standby(&first).await;
    first.wait_for(last, LONG).await.unwrap();
    assert_eq!(stuck.applied(), [1, 2, 3]);
}

#[tokio::test]
async fn a_batch_that_takes_so_long_that_its_owner_looks_stuck_goes_through_in_parts() {
    let shared = Shared::new();
    let ledger = Ledger::closed();
    let last = record(&*shared.store, "Account", 600).await;
    let owner = shared.run(&ledger);
    for _ in 0..2 {
        ledger.arrived.acquire().await.unwrap().forget();
        shared.pass(MemoryLeases::STUCK_AFTER + 2 * MemoryLeases::TERM);
    }
    ledger.open();
    owner.wait_for(last, LONG).await.unwrap();
    // A quarter of the whole at first; how much more at once later depends on what is ready.
    let batches = ledger.kept().batches.clone();
    assert_eq!(batches[0], (0, 128, 128));
    assert_eq!(
        batches.iter().map(|(.., events)| events).sum::<usize>(),
        600
    );
    assert!(
        batches.iter().any(|&(.., events)| events > 128),
        "{batches:?}"
    );
}

#[tokio::test]
async fn a_process_with_mended_code_takes_over_from_one_that_fails() {
    let shared = Shared::new();
    let poisoned = Ledger::new();
    poisoned.poison(2);
    let failing = shared.run_owner(&poisoned).await;
    let mended = shared.run_standby(&Ledger::beside(&poisoned)).await;
    let last = record(&*shared.store, "Account", 3).await;
    mended.wait_for(last, LONG).await.unwrap();
    assert_eq!(poisoned.applied(), [1, 2, 3]);
    until(&failing, |status| {
        matches!(
            status,
            ProjectionStatus::Failed { .. } | ProjectionStatus::Standby
        )
    })
    .await;
}

#[tokio::test]
async fn an_event_that_no_process_can_apply_fails_them_all() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let other = Ledger::beside(&ledger);
    let processes = [&ledger, &other].map(|ledger| {
        ledger.poison(1);
        shared.run(ledger)
    });
    let last = record(&*shared.store, "Account", 1).await;
    for process in &processes {
        let failed = process.wait_for(last, LONG).await.unwrap_err();
        assert_eq!(failed.reached, Position::START);
        assert!(matches!(failed.cause, ProjectionStatus::Failed { .. }));
    }
    assert_eq!([ledger.poisoned(), other.poisoned()], [5, 5]);
}

#[tokio::test]
async fn stopping_an_owner_lets_another_take_over_at_once() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let owner = shared.run_owner(&ledger).await;
    let standby = shared.run_standby(&Ledger::beside(&ledger)).await;
    owner.stop().await;
    // The clock stands still: no lease runs out.
    let last = record(&*shared.store, "Account", 1).await;
    standby.wait_for(last, LONG).await.unwrap();
    until_live(&standby).await;
    assert_eq!(ledger.applied(), [1]);
}

#[tokio::test]
async fn a_stop_ends_when_the_lease_is_free() {
    let ledger = Ledger::new();
    let (lease, state) = Lease::granted(1);
    let owner = run_under(&new_store(), &ledger, Arc::new(OneLease::of(lease)));
    until_live(&owner).await;
    let stopping = tokio::spawn(async move { owner.stop().await });
    state.given_back().await;
    tokio::task::yield_now().await;
    assert!(!stopping.is_finished());
    drop(state);
    stopping.await.unwrap();
}

/// Grants one lease, whose other end is the test's.
struct OneLease(Mutex<Option<Lease>>);

impl OneLease {
    fn of(lease: Lease) -> Self {
        Self(Mutex::new(Some(lease)))
    }
}

#[async_trait]
impl Leases for OneLease {
    async fn try_acquire(&self, _: &str) -> Result<Option<Lease>, LeaseError> {
        Ok(self.0.lock().expect("nothing panics under it").take())
    }

    async fn held(&self, _: &str) -> Result<Vec<String>, LeaseError> {
        Ok(Vec::new())
    }
}
