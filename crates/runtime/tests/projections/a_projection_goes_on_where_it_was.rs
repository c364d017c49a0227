//! Stopping and starting again: nothing is applied twice, nothing is left out.

use std::sync::Arc;

use annals_core::Position;
use annals_runtime::{ProjectionStatus, RunError, RunnerOptions};

use crate::ledger::{Fault, LONG, Ledger, new_store, quick, record, run, until};

#[tokio::test]
async fn a_restart_goes_on_at_the_checkpoint() {
    let (store, ledger) = (new_store(), Ledger::new());
    for round in 1..=4 {
        let last = record(&*store, "Account", 3).await;
        let projection = run(&store, &ledger, quick());
        projection.wait_for(last, LONG).await.unwrap();
        projection.stop().await;
        assert!(matches!(projection.status(), ProjectionStatus::Stopped));
        assert_eq!(ledger.applied(), (1..=3 * round).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_read_model_ahead_of_its_store_fails_instead_of_passing_over_events() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Account", 3).await;
    // As after the store was put back to an earlier time, and the read model was not.
    ledger.kept().checkpoint = last.next();
    let projection = run(&store, &ledger, quick());
    let error = projection.wait_for(last.next(), LONG).await.unwrap_err();
    assert!(
        matches!(
            error.cause,
            ProjectionStatus::Failed {
                error: RunError::AheadOfStore { head, .. }
            } if head == last
        ),
        "{error}"
    );
    assert_eq!(ledger.applied(), [0; 0]);
}

#[tokio::test]
async fn stopping_finishes_the_batch_in_progress() {
    let (store, ledger) = (new_store(), Ledger::closed());
    let last = record(&*store, "Account", 3).await;
    let projection = Arc::new(run(&store, &ledger, quick()));
    let arrived = ledger.arrived.acquire().await;
    let stopping = tokio::spawn({
        let projection = Arc::clone(&projection);
        async move { projection.stop().await }
    });
    tokio::task::yield_now().await;
    assert!(!stopping.is_finished());
    drop(arrived);
    ledger.open();
    stopping.await.unwrap();
    assert_eq!(projection.position(), last);
    assert_eq!(ledger.applied(), [1, 2, 3]);
}

#[tokio::test]
async fn skipped_positions_are_written_down_at_the_stop() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Parcel", 5).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.kept().checkpoint, Position::START);
    projection.stop().await;
    assert_eq!(ledger.kept().checkpoint, last);
    assert_eq!(ledger.kept().batches, [(0, 5, 0)]);
}

#[tokio::test]
async fn skipped_positions_are_written_down_with_the_next_batch() {
    let (store, ledger) = (new_store(), Ledger::new());
    let skipped = record(&*store, "Parcel", 5).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(skipped, LONG).await.unwrap();
    let last = record(&*store, "Account", 1).await;
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.kept().batches, [(0, 6, 1)]);
}

#[tokio::test]
async fn skipped_positions_are_written_down_when_there_are_many() {
    let (store, ledger) = (new_store(), Ledger::new());
    let options = RunnerOptions {
        checkpoint_every: 10,
        ..quick()
    };
    let projection = run(&store, &ledger, options);
    let few = record(&*store, "Parcel", 9).await;
    projection.wait_for(few, LONG).await.unwrap();
    assert_eq!(ledger.kept().checkpoint, Position::START);
    let many = record(&*store, "Parcel", 1).await;
    projection.wait_for(many, LONG).await.unwrap();
    assert_eq!(ledger.kept().checkpoint, many);
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_read_model_that_is_away() {
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.fail([Fault::BeforeCommit; 10_000]);
    record(&*store, "Account", 1).await;
    let projection = run(&store, &ledger, RunnerOptions::default());
    until(&projection, |status| {
        matches!(status, ProjectionStatus::Retrying { .. })
    })
    .await;
    projection.stop().await;
    assert!(matches!(projection.status(), ProjectionStatus::Stopped));
    let late = projection.wait_for(Position(1), LONG).await.unwrap_err();
    assert!(matches!(late.cause, ProjectionStatus::Stopped));
    assert!(ledger.applied().is_empty());
}

#[tokio::test]
async fn dropping_the_handle_stops_the_projection() {
    let (store, ledger) = (new_store(), Ledger::new());
    let projection = run(&store, &ledger, quick());
    let last = record(&*store, "Parcel", 1).await;
    projection.wait_for(last, LONG).await.unwrap();
    drop(projection);
    let let_go = async {
        while Arc::strong_count(&ledger) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, let_go).await.unwrap();
    assert_eq!(ledger.kept().checkpoint, last);
}
