//! A read model that newer code declares otherwise is made again; older code is done with it.

use std::time::Duration;

use annals_core::{Position, ProjectionError};
use annals_runtime::{ProjectionHandle, ProjectionStatus, RunError};

use crate::ledger::{LONG, Ledger, new_store, quick, record, run, until};
use crate::processes::Shared;

async fn until_superseded(projection: &ProjectionHandle) {
    let superseded = |status: &ProjectionStatus| {
        matches!(
            status,
            ProjectionStatus::Failed {
                error: RunError::ReadModel(ProjectionError::Superseded { .. })
            }
        )
    };
    until(projection, superseded).await;
}

#[tokio::test]
async fn a_process_of_an_older_declaration_fails_and_tells_nothing_of_the_tables() {
    let (store, ledger) = (new_store(), Ledger::new());
    let older = run(&store, &ledger, quick());
    let before = record(&*store, "Account", 3).await;
    older.wait_for(before, LONG).await.unwrap();

    let declared_otherwise = Ledger::declared_otherwise(&ledger);
    record(&*store, "Account", 1).await;
    until_superseded(&older).await;

    let untold = older.wait_for(before, Duration::ZERO).await.unwrap_err();
    assert_eq!(untold.reached, Position::START);
    let newer = run(&store, &declared_otherwise, quick());
    newer.wait_for(Position(4), LONG).await.unwrap();
    assert_eq!(ledger.applied(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_standby_of_an_older_declaration_fails_too() {
    let shared = Shared::new();
    let ledger = Ledger::new();
    let owner = shared.run_owner(&ledger).await;
    let standby = shared.run_standby(&Ledger::beside(&ledger)).await;
    let before = record(&*shared.store, "Account", 3).await;
    standby.wait_for(before, LONG).await.unwrap();

    let _newer = Ledger::declared_otherwise(&ledger);
    record(&*shared.store, "Account", 1).await;

    until_superseded(&standby).await;
    until_superseded(&owner).await;
}

#[tokio::test]
async fn the_position_goes_back_with_the_checkpoint() {
    let shared = Shared::new();
    let ledger = Ledger::closed();
    let before = record(&*shared.store, "Account", 3).await;
    ledger.kept().checkpoint = before;
    let _owner = shared.run_owner(&ledger).await;
    let standby = shared.run_standby(&Ledger::beside(&ledger)).await;
    standby.wait_for(before, LONG).await.unwrap();

    ledger.kept().checkpoint = Position::START;
    let last = record(&*shared.store, "Account", 1).await;
    let _in_progress = ledger.arrived.acquire().await;
    let gone_back = async {
        while standby.position() > Position::START {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, gone_back).await.unwrap();

    ledger.open();
    standby.wait_for(last, LONG).await.unwrap();
    assert_eq!(ledger.applied(), [1, 2, 3, 4]);
}
