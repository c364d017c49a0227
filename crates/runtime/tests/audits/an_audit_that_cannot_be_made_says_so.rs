//! An audit that cannot be finished is an error, never half a proof.

use annals_core::{Position, ProjectionError};
use annals_runtime::{AuditError, AuditOptions, Proven};

use crate::memory_ledger::{MemoryLedger, store_of};

#[tokio::test]
async fn a_damaged_page_is_named() {
    let (store, log) = store_of(5_000).await;
    let ledger = MemoryLedger::complete(5_000, &log);
    ledger.kept().pages.get_mut(&1).unwrap()[40] ^= 1;
    let error = ledger
        .audit(&*store, &AuditOptions::default())
        .await
        .unwrap_err();
    let AuditError::Ledger(ProjectionError::Damaged { reason }) = error else {
        panic!("{error} instead");
    };
    assert_eq!(
        reason,
        "page 1 of the ledger is damaged: its check does not fit"
    );
}

#[tokio::test]
async fn a_read_model_ahead_of_its_store_is_no_proof() {
    let (store, log) = store_of(1_000).await;
    let ledger = MemoryLedger::complete(1_000, &log);
    // As after the store was put back to an earlier time, and the read model was not.
    ledger.kept().checkpoint = Position(1_001);
    let error = ledger
        .audit(&*store, &AuditOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            AuditError::AheadOfStore {
                head: Position(1_000),
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn what_was_proven_of_a_read_model_that_is_made_again_is_not_relied_on() {
    let (store, log) = store_of(5_000).await;
    let ledger = MemoryLedger::complete(4_095, &log);
    let options = AuditOptions {
        proven: Proven {
            pages: 1,
            ..Proven::default()
        },
        ..AuditOptions::default()
    };
    let error = ledger.audit(&*store, &options).await.unwrap_err();
    assert!(matches!(error, AuditError::WentBack { .. }), "{error}");
}
