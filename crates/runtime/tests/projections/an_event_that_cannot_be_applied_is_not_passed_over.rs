//! A poisonous event: its projection fails loudly right before it, the others go on.

use annals_core::{Position, ProjectionError};
use annals_runtime::{ProjectionStatus, RunError, RunnerOptions};

use crate::ledger::{Fault, LONG, Ledger, new_store, quick, record, run};

#[tokio::test]
async fn the_projection_fails_with_the_cause_and_the_others_go_on() {
    let (store, poisoned, healthy) = (new_store(), Ledger::new(), Ledger::new());
    poisoned.poison(2);
    let other = run(&store, &healthy, quick());
    let projection = run(&store, &poisoned, quick());
    let last = record(&*store, "Account", 3).await;
    let failed = projection.wait_for(last, LONG).await.unwrap_err();
    assert!(matches!(
        failed.cause,
        ProjectionStatus::Failed {
            error: RunError::ReadModel(ProjectionError::Event {
                position: Position(2),
                ..
            })
        }
    ));
    other.wait_for(last, LONG).await.unwrap();
    let last = record(&*store, "Account", 1).await;
    other.wait_for(last, LONG).await.unwrap();
    assert_eq!(healthy.applied(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn everything_before_the_event_is_applied() {
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.poison(4);
    let last = record(&*store, "Account", 6).await;
    let projection = run(&store, &ledger, quick());
    let failed = projection.wait_for(last, LONG).await.unwrap_err();
    assert_eq!(failed.reached, Position(3));
    assert_eq!(ledger.applied(), [1, 2, 3]);
    // What is there can still be waited for.
    projection.wait_for(Position(3), LONG).await.unwrap();
}

#[tokio::test]
async fn the_event_is_tried_as_often_as_it_should_be() {
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.poison(1);
    let last = record(&*store, "Account", 1).await;
    let options = RunnerOptions {
        event_attempts: 3,
        ..quick()
    };
    let projection = run(&store, &ledger, options);
    projection.wait_for(last, LONG).await.unwrap_err();
    assert_eq!(ledger.poisoned(), 3);
}

#[tokio::test]
async fn a_restart_with_mended_code_goes_on_with_the_event() {
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.poison(2);
    let last = record(&*store, "Account", 3).await;
    let projection = run(&store, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap_err();
    // It is over already, so there is nothing to wait for.
    projection.stop().await;

    ledger.mend();
    let projection = run(&store, &ledger, quick());
    projection.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.applied(), [1, 2, 3]);
}

#[tokio::test]
async fn a_panic_is_a_failure_and_nobody_waits_for_it() {
    let (store, ledger) = (new_store(), Ledger::new());
    ledger.fail([Fault::Panic]);
    let last = record(&*store, "Account", 1).await;
    let projection = run(&store, &ledger, quick());
    let failed = projection.wait_for(last, LONG).await.unwrap_err();
    assert!(matches!(
        failed.cause,
        ProjectionStatus::Failed {
            error: RunError::Aborted
        }
    ));
    projection.stop().await;
}
