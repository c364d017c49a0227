//! Kills, outages and rivals: each event is applied once, and the projection goes on by itself.

use annals_core::{Corruption, Position, ProjectionError};
use annals_runtime::{ProjectionStatus, RunError};

use crate::flaky_store::{FlakyStore, unavailable};
use crate::ledger::{Fault, LONG, Ledger, new_store, quick, record, run, until};

#[tokio::test]
async fn a_kill_before_or_after_the_commit_applies_once() {
    let kills = [
        vec![Fault::BeforeCommit],
        vec![Fault::AfterCommit],
        vec![Fault::AfterCommit, Fault::BeforeCommit, Fault::AfterCommit],
    ];
    for faults in kills {
        let (store, ledger) = (new_store(), Ledger::new());
        ledger.fail(faults.clone());
        let projection = run(&store, &ledger, quick());
        for _ in 0..4 {
            let last = record(&*store, "Account", 2).await;
            projection.wait_for(last, LONG).await.unwrap();
        }
        assert_eq!(ledger.applied(), (1..=8).collect::<Vec<_>>(), "{faults:?}");
    }
}

#[tokio::test]
async fn an_outage_of_the_read_model_shows_and_ends_by_itself() {
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.fail([Fault::BeforeCommit; 10_000]);
    let last = record(&*store, "Account", 1).await;
    let projection = run(&store, &ledger, quick());
    // More often than an event that cannot be applied would be tried.
    let status = until(
        &projection,
        |status| matches!(status, ProjectionStatus::Retrying { attempt, .. } if *attempt > 6),
    )
    .await;
    let ProjectionStatus::Retrying { error, .. } = status else {
        unreachable!("it was waited for");
    };
    assert!(matches!(
        error,
        RunError::ReadModel(ProjectionError::Unavailable(_))
    ));
    ledger.mend();
    projection.wait_for(last, LONG).await.unwrap();
    until(&projection, |status| {
        matches!(status, ProjectionStatus::Live)
    })
    .await;
    assert_eq!(ledger.applied(), [1]);
}

#[tokio::test]
async fn a_batch_that_takes_too_long_goes_through_in_parts() {
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.write_at_once(3);
    let last = record(&*store, "Account", 40).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.applied(), (1..=40).collect::<Vec<_>>());
    // Once nothing is in the way, they become large again.
    ledger.write_at_once(usize::MAX);
    for _ in 0..12 {
        let last = record(&*store, "Account", 1).await;
        projection.wait_for(last, LONG).await.unwrap();
    }
    let last = record(&*store, "Account", 40).await;
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.kept().batches.last(), Some(&(52, 92, 40)));
}

#[tokio::test]
async fn a_subscription_that_breaks_is_taken_up_again() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Account", 9).await;
    let breaks = [0, 3, 1, 0, 2].map(|deliveries| (deliveries, unavailable()));
    let flaky = FlakyStore::new(&store, breaks);
    let projection = run(&flaky, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.applied(), (1..=9).collect::<Vec<_>>());
    // What came before a break was of use.
    let batches = ledger.kept().batches.clone();
    assert_eq!(batches, [(0, 3, 3), (3, 4, 1), (4, 6, 2), (6, 9, 3)]);
}

#[tokio::test]
async fn damaged_data_is_not_tried_again() {
    let (store, ledger) = (new_store(), Ledger::new());
    record(&*store, "Account", 3).await;
    let damaged = Corruption {
        position: Position(3),
        reason: "on demand".to_owned(),
    };
    let flaky = FlakyStore::new(&store, [(2, damaged.into())]);
    let projection = run(&flaky, &ledger, quick());
    let failed = projection.wait_for(Position(3), LONG).await.unwrap_err();
    assert_eq!(failed.reached, Position(2));
    assert!(matches!(
        failed.cause,
        ProjectionStatus::Failed {
            error: RunError::Store(_)
        }
    ));
    assert_eq!(ledger.applied(), [1, 2]);
}

#[tokio::test]
async fn two_runners_of_one_projection_apply_each_event_once() {
    let (store, ledger) = (new_store(), Ledger::new());
    let rivals = [0, 1].map(|_| run(&store, &ledger, quick()));
    for _ in 0..20 {
        let last = record(&*store, "Account", 1).await;
        for rival in &rivals {
            rival.wait_for(last, LONG).await.unwrap();
        }
    }
    assert_eq!(ledger.applied(), (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_read_model_of_another_store_is_refused() {
    let ledger = Ledger::new();
    let projection = run(&new_store(), &ledger, quick());
    until(&projection, |status| {
        matches!(status, ProjectionStatus::Live)
    })
    .await;
    projection.stop().await;

    let projection = run(&new_store(), &ledger, quick());
    let failed = projection.wait_for(Position(1), LONG).await.unwrap_err();
    assert!(matches!(
        failed.cause,
        ProjectionStatus::Failed {
            error: RunError::ReadModel(ProjectionError::WrongStore { .. })
        }
    ));
}
