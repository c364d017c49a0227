//! A projection that handled all it wants, and nothing else, is proven complete.

use std::num::NonZeroUsize;

use annals_core::{EventStore, LedgerDigest, Position, ProjectionBatch, RecordedEvent};
use annals_runtime::{AuditOptions, AuditProgress, LogSelection, Proven};
use tokio::sync::watch;

use crate::memory_ledger::{MemoryLedger, is_wanted, store_of};

fn page_by_page() -> AuditOptions {
    AuditOptions {
        pages_at_once: NonZeroUsize::MIN,
        ..AuditOptions::default()
    }
}

/// The batch that takes a projection from one checkpoint to another.
fn batch(log: &[RecordedEvent], after: u64, up_to: u64) -> ProjectionBatch {
    let within = |event: &&RecordedEvent| (after + 1..=up_to).contains(&event.position.0);
    let events = log.iter().filter(within).filter(|event| is_wanted(event));
    ProjectionBatch {
        after: Position(after),
        up_to: Position(up_to),
        events: events.cloned().collect(),
    }
}

#[tokio::test]
async fn an_empty_log_is_complete() {
    let (store, _) = store_of(0).await;
    let ledger = MemoryLedger::default();
    let audit = ledger.audit(&*store, &page_by_page()).await.unwrap();
    assert!(audit.is_complete());
    assert_eq!(audit.to_string(), "complete up to 0 (0 events)");
}

#[tokio::test]
async fn events_after_the_checkpoint_do_not_count() {
    let (store, log) = store_of(9_000).await;
    // Around the ends of pages, and among events that are not wanted.
    for checkpoint in [0, 1, 2, 500, 1_002, 4_095, 4_096, 4_097, 8_192, 9_000] {
        let ledger = MemoryLedger::complete(checkpoint, &log);
        for selection in [LogSelection::ByStore, LogSelection::ByAudit] {
            let options = AuditOptions {
                selection,
                ..page_by_page()
            };
            let audit = ledger.audit(&*store, &options).await.unwrap();
            assert!(audit.is_complete(), "{checkpoint}: {audit}");
            assert_eq!(audit.complete_up_to, Position(checkpoint));
        }
    }
}

#[tokio::test]
async fn the_line_tells_up_to_where_and_how_many_events() {
    let (store, log) = store_of(9_000).await;
    let ledger = MemoryLedger::complete(9_000, &log);
    let audit = ledger.audit(&*store, &page_by_page()).await.unwrap();
    assert_eq!(audit.to_string(), "complete up to 9,000 (8,973 events)");
}

#[tokio::test]
async fn the_digest_is_that_of_the_events() {
    let (store, log) = store_of(9_000).await;
    let wanted = log.iter().filter(|event| is_wanted(event));
    let digest = wanted
        .map(|event| LedgerDigest::of(event.position, event.id))
        .fold(LedgerDigest::default(), |sum, one| sum + one);
    let ledger = MemoryLedger::complete(9_000, &log);
    let audit = ledger.audit(&*store, &page_by_page()).await.unwrap();
    assert_eq!(audit.digest, digest);
}

#[tokio::test]
async fn what_was_proven_is_not_looked_at_again() {
    let (store, log) = store_of(13_000).await;
    let ledger = MemoryLedger::complete(9_000, &log);
    let proven = ledger.audit(&*store, &page_by_page()).await.unwrap().proven;
    assert_eq!(proven.pages, 2);
    ledger.kept().apply(&batch(&log, 9_000, 13_000)).unwrap();
    ledger.kept().asked.clear();
    let options = AuditOptions {
        proven,
        ..AuditOptions::default()
    };
    let later = ledger.audit(&*store, &options).await.unwrap();
    assert_eq!(ledger.kept().asked, [2]);
    assert_eq!(
        later,
        ledger
            .audit(&*store, &AuditOptions::default())
            .await
            .unwrap()
    );
    assert_eq!(later.complete_up_to, Position(13_000));
}

#[tokio::test]
async fn a_projection_that_goes_on_meanwhile_is_audited_up_to_the_page_it_was_on() {
    let (store, log) = store_of(13_000).await;
    let ledger = MemoryLedger::complete(4_000, &log);
    ledger.kept().meanwhile = vec![batch(&log, 4_000, 9_000), batch(&log, 9_000, 13_000)];
    let short = ledger.audit(&*store, &page_by_page()).await.unwrap();
    assert_eq!(short.to_string(), "complete up to 4,000 (3,988 events)");
    // By now it is on the third page, and the fourth comes while the audit is on the first.
    let audit = ledger.audit(&*store, &page_by_page()).await.unwrap();
    assert!(audit.is_complete(), "{audit}");
    assert_eq!(audit.complete_up_to, Position(12_288));
}

#[tokio::test]
async fn the_audit_of_a_log_without_anything_to_handle_ends_at_the_checkpoint() {
    let (store, _) = store_of(0).await;
    for _ in 0..5 {
        crate::memory_ledger::record(&*store, "Parcel", 1_000).await;
    }
    let ledger = MemoryLedger::of(5_000, []);
    let audit = ledger.audit(&*store, &page_by_page()).await.unwrap();
    assert_eq!(audit.to_string(), "complete up to 5,000 (0 events)");
    let nothing = Proven::default();
    let proven = (audit.proven.handled, audit.proven.digest);
    assert_eq!(proven, (nothing.handled, nothing.digest));
    assert_eq!(audit.proven.pages, 1);
}

#[tokio::test]
async fn an_audit_tells_how_far_it_is() {
    let (store, log) = store_of(9_000).await;
    let ledger = MemoryLedger::complete(9_000, &log);
    let (progress, seen) = watch::channel(AuditProgress::default());
    let options = AuditOptions {
        progress: Some(progress),
        ..AuditOptions::default()
    };
    ledger.audit(&*store, &options).await.unwrap();
    let end = AuditProgress {
        compared_up_to: Position(9_000),
        checkpoint: Position(9_000),
    };
    assert_eq!(*seen.borrow(), end);
}

#[tokio::test]
async fn an_audit_ends_when_it_is_dropped() {
    let (store, log) = store_of(17_000).await;
    let ledger = MemoryLedger::complete(17_000, &log);
    let (progress, mut seen) = watch::channel(AuditProgress::default());
    let options = AuditOptions {
        progress: Some(progress),
        ..AuditOptions::default()
    };
    let store: &dyn EventStore = &*store;
    tokio::select! {
        audit = ledger.audit(store, &options) => panic!("it went on to its end: {audit:?}"),
        begun = seen.wait_for(|now| now.compared_up_to > Position::START) => drop(begun.unwrap()),
    }
    assert!(seen.borrow().compared_up_to < Position(17_000));
}
