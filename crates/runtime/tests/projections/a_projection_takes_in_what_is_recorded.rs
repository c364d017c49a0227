//! A projection that runs undisturbed: what was there, what comes, and who waits for it.

use std::num::NonZeroUsize;
use std::time::Duration;

use annals_core::Position;
use annals_runtime::{ProjectionStatus, RunnerOptions};

use crate::ledger::{LONG, Ledger, new_store, quick, record, run, until};

#[tokio::test]
async fn what_was_there_and_what_comes_is_applied_once_in_order() {
    let (store, ledger) = (new_store(), Ledger::new());
    record(&*store, "Account", 3).await;
    let projection = run(&store, &ledger, quick());
    assert_eq!(projection.name(), "ledger");
    assert_eq!(
        projection.wait_for(Position(3), LONG).await.unwrap(),
        Position(3)
    );
    for _ in 0..20 {
        let last = record(&*store, "Account", 2).await;
        projection.wait_for(last, LONG).await.unwrap();
    }
    assert_eq!(ledger.applied(), (1..=43).collect::<Vec<_>>());
    assert_eq!(projection.position(), Position(43));
    until(&projection, |status| {
        matches!(status, ProjectionStatus::Live)
    })
    .await;
}

#[tokio::test]
async fn a_position_that_holds_nothing_for_it_is_reached_too() {
    let (store, ledger) = (new_store(), Ledger::new());
    let projection = run(&store, &ledger, quick());
    record(&*store, "Account", 1).await;
    let last = record(&*store, "Parcel", 5).await;
    assert_eq!(projection.wait_for(last, LONG).await.unwrap(), last);
    assert_eq!(ledger.applied(), [1]);
}

#[tokio::test]
async fn what_is_there_is_applied_in_one_batch() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Account", 10).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.kept().batches, [(0, 10, 10)]);
}

#[tokio::test]
async fn a_batch_holds_no_more_than_it_may() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Account", 10).await;
    let options = RunnerOptions {
        max_batch: NonZeroUsize::new(4).unwrap(),
        ..quick()
    };
    let projection = run(&store, &ledger, options);
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.kept().batches, [(0, 4, 4), (4, 8, 4), (8, 10, 2)]);
}

#[tokio::test]
async fn a_position_is_not_told_before_its_effect_is_committed() {
    let (store, ledger) = (new_store(), Ledger::closed());
    let last = record(&*store, "Account", 1).await;
    let projection = run(&store, &ledger, quick());
    let arrived = ledger.arrived.acquire().await;
    assert_eq!(projection.position(), Position::START);
    let early = projection.wait_for(last, Duration::ZERO).await.unwrap_err();
    assert_eq!(early.reached, Position::START);
    drop(arrived);
    ledger.open();
    assert_eq!(projection.wait_for(last, LONG).await.unwrap(), last);
}

#[tokio::test]
async fn waiting_ends_at_its_limit_and_tells_how_far_it_is() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Account", 2).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap();
    until(&projection, |status| {
        matches!(status, ProjectionStatus::Live)
    })
    .await;
    let late = projection
        .wait_for(Position(3), Duration::ZERO)
        .await
        .unwrap_err();
    assert_eq!(late.reached, last);
    assert!(matches!(late.cause, ProjectionStatus::Live));
}
