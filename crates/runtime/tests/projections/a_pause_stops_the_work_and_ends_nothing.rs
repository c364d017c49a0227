//! Pausing: nothing is applied meanwhile, another process may go on, and resuming goes on at the
//! checkpoint.

use std::sync::Arc;
use std::time::Duration;

use annals_core::Position;
use annals_runtime::{ProjectionHandle, ProjectionStatus};

use crate::ledger::{Fault, LONG, Ledger, new_store, quick, record, run, until};
use crate::processes::{Shared, until_live};

fn is_paused(projection: &ProjectionHandle) -> bool {
    matches!(projection.status(), ProjectionStatus::Paused)
}

#[tokio::test]
async fn a_paused_projection_applies_nothing_and_goes_on_at_its_checkpoint() {
    let (store, ledger) = (new_store(), Ledger::new());
    let before = record(&*store, "Account", 3).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(before, LONG).await.unwrap();
    projection.pause().await;
    assert!(is_paused(&projection) && !projection.status().is_up_to_date());

    let last = record(&*store, "Account", 2).await;
    let early = projection.wait_for(last, Duration::from_millis(20)).await;
    let early = early.unwrap_err();
    assert!(matches!(early.cause, ProjectionStatus::Paused), "{early}");
    assert_eq!(early.reached, before);
    assert_eq!(ledger.applied(), [1, 2, 3]);

    projection.resume().await;
    assert!(!is_paused(&projection));
    projection.wait_for(last, LONG).await.unwrap();
    until_live(&projection).await;
    assert_eq!(ledger.applied(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn pausing_finishes_the_batch_in_progress() {
    let (store, ledger) = (new_store(), Ledger::closed());
    let last = record(&*store, "Account", 3).await;
    let projection = Arc::new(run(&store, &ledger, quick()));
    let _arrived = ledger.arrived.acquire().await;
    let pausing = tokio::spawn({
        let projection = Arc::clone(&projection);
        async move { projection.pause().await }
    });
    tokio::task::yield_now().await;
    assert!(!pausing.is_finished());
    ledger.open();
    pausing.await.unwrap();
    assert!(is_paused(&projection));
    assert_eq!(ledger.kept().checkpoint, last);
}

#[tokio::test]
async fn a_pause_writes_down_what_was_skipped() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Parcel", 5).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.kept().checkpoint, Position::START);
    projection.pause().await;
    assert_eq!(ledger.kept().checkpoint, last);
}

#[tokio::test]
async fn a_pause_ends_the_wait_before_another_try() {
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.fail([Fault::BeforeCommit]);
    let last = record(&*store, "Account", 1).await;
    let mut options = quick();
    options.backoff.first = 10 * LONG;
    options.backoff.most = 10 * LONG;
    let projection = run(&store, &ledger, options);
    until(&projection, |status| {
        matches!(status, ProjectionStatus::Retrying { .. })
    })
    .await;
    projection.pause().await;
    assert!(is_paused(&projection));
    projection.resume().await;
    projection.wait_for(last, LONG).await.unwrap();
}

#[tokio::test]
async fn a_pause_gives_the_lease_back() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let first = shared.run_owner(&ledger).await;
    let second = shared.run_standby(&Ledger::beside(&ledger)).await;
    first.pause().await;
    until_live(&second).await;
    let last = record(&*shared.store, "Account", 2).await;
    second.wait_for(last, LONG).await.unwrap();
    assert!(is_paused(&first));

    first.resume().await;
    first.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.applied(), [1, 2]);
}

#[tokio::test]
async fn a_paused_standby_takes_no_lease() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let owner = shared.run_owner(&ledger).await;
    let standby = shared.run_standby(&Ledger::beside(&ledger)).await;
    standby.pause().await;
    owner.stop().await;
    let third = shared.run_owner(&Ledger::beside(&ledger)).await;
    assert!(is_paused(&standby));
    third.stop().await;
    standby.resume().await;
    until_live(&standby).await;
}

#[tokio::test]
async fn a_projection_that_is_over_is_neither_paused_nor_resumed() {
    let (store, ledger) = (new_store(), Ledger::new());
    let projection = run(&store, &ledger, quick());
    projection.pause().await;
    projection.stop().await;
    for _ in 0..2 {
        assert!(matches!(projection.status(), ProjectionStatus::Stopped));
        projection.pause().await;
        projection.resume().await;
    }
}

#[tokio::test]
async fn a_pause_that_is_taken_back_ends_the_wait_for_it() {
    let (store, ledger) = (new_store(), Ledger::closed());
    let last = record(&*store, "Account", 1).await;
    let projection = Arc::new(run(&store, &ledger, quick()));
    let _arrived = ledger.arrived.acquire().await;
    let pausing = tokio::spawn({
        let projection = Arc::clone(&projection);
        async move { projection.pause().await }
    });
    tokio::task::yield_now().await;
    projection.resume().await;
    pausing.await.unwrap();
    ledger.open();
    projection.wait_for(last, LONG).await.unwrap();
    until_live(&projection).await;
}

#[tokio::test]
async fn resuming_does_not_wait_for_events_to_be_applied() {
    let (store, ledger) = (new_store(), Ledger::closed());
    let projection = run(&store, &ledger, quick());
    until_live(&projection).await;
    projection.pause().await;
    let last = record(&*store, "Account", 1).await;
    tokio::time::timeout(LONG, projection.resume())
        .await
        .unwrap();
    let status = projection.status();
    assert!(matches!(status, ProjectionStatus::CatchingUp), "{status}");
    ledger.open();
    projection.wait_for(last, LONG).await.unwrap();
}

#[tokio::test]
async fn a_stop_is_not_taken_back() {
    let (store, ledger) = (new_store(), Ledger::closed());
    record(&*store, "Account", 1).await;
    let projection = Arc::new(run(&store, &ledger, quick()));
    let _arrived = ledger.arrived.acquire().await;
    let stopping = tokio::spawn({
        let projection = Arc::clone(&projection);
        async move { projection.stop().await }
    });
    tokio::task::yield_now().await;
    projection.resume().await;
    ledger.open();
    tokio::time::timeout(LONG, stopping).await.unwrap().unwrap();
    assert!(matches!(projection.status(), ProjectionStatus::Stopped));
}
