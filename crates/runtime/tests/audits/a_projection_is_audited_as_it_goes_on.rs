//! A projection that runs is audited again whenever it has moved on.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{EventStore, Position, Read, Source};
use annals_embedded::EmbeddedStore;
use annals_runtime::{
    AuditSubject, BackgroundAudit, BackgroundAuditOptions, Backoff, LatestAudit, ProjectionHandle,
    RunnerOptions, audit_in_background, run_projection,
};
use metrics::{Key, set_default_local_recorder};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::memory_ledger::{LONG, MemoryLedger, record, store_of};

/// A running projection and its audits.
struct Audited {
    store: Arc<EmbeddedStore>,
    ledger: Arc<MemoryLedger>,
    projection: ProjectionHandle,
    audits: BackgroundAudit,
}

impl Audited {
    /// Audited as soon as it has moved on at all.
    async fn begin(prepare: impl FnOnce(&MemoryLedger)) -> Self {
        let (store, _) = store_of(0).await;
        Self::on(store, 1, prepare)
    }

    /// Audited whenever it has moved on by so many positions.
    fn on(store: Arc<EmbeddedStore>, every: u64, prepare: impl FnOnce(&MemoryLedger)) -> Self {
        let ledger = Arc::new(MemoryLedger::default());
        prepare(&ledger);
        let options = RunnerOptions::default();
        let projection = run_projection(Arc::clone(&store) as _, Arc::clone(&ledger) as _, options);
        let subject = AuditSubject {
            store: Arc::clone(&store) as _,
            projector: Arc::clone(&ledger) as _,
        };
        let wait = Duration::from_millis(1);
        let options = BackgroundAuditOptions {
            every,
            backoff: Backoff {
                first: wait,
                most: wait,
            },
            ..BackgroundAuditOptions::default()
        };
        let audits = audit_in_background(subject, &projection, options);
        Self {
            store,
            ledger,
            projection,
            audits,
        }
    }

    async fn until(&self, is_it: impl Fn(&LatestAudit) -> bool) {
        let mut latest = self.audits.watch();
        let found = tokio::time::timeout(LONG, latest.wait_for(|latest| is_it(latest))).await;
        let found = found.map(|found| found.map(drop));
        assert!(
            matches!(found, Ok(Ok(()))),
            "it is {:?}",
            self.audits.latest()
        );
    }

    /// Waits until there are no more audits.
    async fn until_over(&self) {
        let mut latest = self.audits.watch();
        let over = async { while latest.changed().await.is_ok() {} };
        let over = tokio::time::timeout(LONG, over).await;
        over.expect("the audits end");
    }
}

fn is_complete_up_to(position: Position) -> impl Fn(&LatestAudit) -> bool {
    move |latest| {
        let audit = latest.as_ref().and_then(|latest| latest.as_ref().ok());
        audit.is_some_and(|audit| audit.is_complete() && audit.complete_up_to == position)
    }
}

#[tokio::test]
async fn what_is_new_is_audited_and_what_was_proven_is_not() {
    let audited = Audited::begin(|_| {}).await;
    let mut last = Position::START;
    for _ in 0..9 {
        last = record(&*audited.store, "Account", 1_000).await;
        audited.until(is_complete_up_to(last)).await;
    }
    assert_eq!(last, Position(9_000));
    let asked = audited.ledger.kept().asked.clone();
    assert_eq!((asked.first(), asked.last()), (Some(&0), Some(&2)));
    assert!(asked.is_sorted());
}

#[tokio::test]
async fn what_has_just_caught_up_is_audited_however_little_that_was() {
    let (store, _) = store_of(1_000).await;
    let audited = Audited::on(store, u64::MAX, |_| {});
    audited.until(is_complete_up_to(Position(1_000))).await;
}

#[tokio::test]
async fn a_skipped_event_is_the_last_result() {
    let audited = Audited::begin(|ledger| {
        ledger.kept().skips.insert(17);
    })
    .await;
    record(&*audited.store, "Account", 50).await;
    audited.until_over().await;
    let audit = audited.audits.latest().unwrap().unwrap();
    assert_eq!(audit.to_string(), "position 17 was not handled");
}

#[tokio::test]
async fn what_they_find_is_measured() {
    let recorder = DebuggingRecorder::new();
    let _measures = set_default_local_recorder(&recorder);
    let audited = Audited::begin(|ledger| {
        ledger.kept().skips.insert(17);
    })
    .await;
    record(&*audited.store, "Account", 50).await;
    audited.until_over().await;
    let measured = recorder.snapshotter().snapshot().into_vec();
    let gauge = |named: &str, finding: Option<&str>| {
        let is_it = |key: &Key| {
            let last = key.labels().last().map(metrics::Label::value);
            key.name() == named && finding.is_none_or(|finding| last == Some(finding))
        };
        let found = measured.iter().find(|(key, ..)| is_it(key.key()));
        match found {
            Some((.., DebugValue::Gauge(number))) => **number,
            other => panic!("{named}: {other:?}"),
        }
    };
    assert_eq!(gauge("annals_audit_complete_up_to_position", None), 16.0);
    assert_eq!(gauge("annals_audit_findings", Some("missing")), 1.0);
    assert_eq!(gauge("annals_audit_findings", Some("repeated")), 0.0);
}

#[tokio::test]
async fn a_ledger_that_is_away_is_asked_again() {
    let audited = Audited::begin(|ledger| ledger.kept().failures = 3).await;
    let last = record(&*audited.store, "Account", 50).await;
    audited.until(is_complete_up_to(last)).await;
}

#[tokio::test]
async fn a_damaged_ledger_is_not_asked_again() {
    let audited = Audited::begin(|ledger| {
        ledger.kept().pages.insert(0, vec![0; 562]);
    })
    .await;
    audited.until_over().await;
    assert!(matches!(audited.audits.latest(), Some(Err(_))));
    assert_eq!(audited.ledger.kept().asked.len(), 1);
}

#[tokio::test]
async fn the_audits_end_with_the_projection() {
    let audited = Audited::begin(|_| {}).await;
    audited.projection.stop().await;
    audited.until_over().await;
}

#[tokio::test]
async fn once_they_are_stopped_they_hold_on_to_nothing() {
    let audited = Audited::begin(|_| {}).await;
    audited.projection.stop().await;
    audited.audits.stop().await;
    assert_eq!(Arc::strong_count(&audited.store), 1);
    assert_eq!(Arc::strong_count(&audited.ledger), 1);
}

#[tokio::test]
async fn dropping_them_ends_the_audits() {
    let audited = Audited::begin(|_| {}).await;
    let mut latest = audited.audits.watch();
    drop(audited.audits);
    let over = async { while latest.changed().await.is_ok() {} };
    tokio::time::timeout(LONG, over).await.unwrap();
}

#[tokio::test]
async fn what_was_proven_of_one_edition_is_not_of_another() {
    let audited = Audited::begin(|_| {}).await;
    let mut last = Position::START;
    for _ in 0..5 {
        last = record(&*audited.store, "Account", 1_000).await;
    }
    audited.until(is_complete_up_to(last)).await;

    let all = Read::forwards(Source::all());
    let log = audited.store.read(all).await.unwrap();
    let log = log.collect().await.unwrap();
    let lacks_one = log.iter().filter(|event| event.position != Position(17));
    let other = MemoryLedger::of(last.0, lacks_one.map(|event| (event.position, event.id)));
    audited.ledger.becomes(&other);
    record(&*audited.store, "Account", 1).await;

    audited.until_over().await;
    let audit = audited.audits.latest().unwrap().unwrap();
    assert_eq!(audit.to_string(), "position 17 was not handled");
}
