//! Whether a projection left an event out: what the audits in the background found, and one on demand.

use std::sync::Arc;

use annals_core::{EventStore, Position, ProjectionBatch, Projector, ReadModels, TableFold};
use annals_runtime::{AuditSubject, BackgroundAudit, BackgroundAuditOptions, audit_in_background};
use serde_json::{Value, json};

use crate::bank::{Bank, LONG, MendedBalance, Service};
use crate::bare_projector::{BareProjector, Fault};
use crate::silent_store::SilentStore;

const AUDIT: &str = "/projections/balances/audit";

/// What keeps the balances.
async fn projector_of(bank: &Bank) -> Arc<dyn Projector> {
    let fold = TableFold::of_rows::<MendedBalance>();
    bank.read_models.projector(fold).await.unwrap()
}

/// A bank with two deposits, of which the first is left out.
async fn forgetful() -> Bank {
    let bank = Bank::new().await;
    bank.deposit("1", &[1, 2]).await;
    let projector = projector_of(&bank).await;
    projector.resume(bank.store.id()).await.unwrap();
    let nothing = ProjectionBatch {
        after: Position::START,
        up_to: Position(1),
        events: [].into(),
    };
    projector.apply(nothing).await.unwrap();
    bank
}

/// A service on a bank, complete up to the end.
async fn caught_up(bank: &Bank) -> Service {
    let service = bank.run::<MendedBalance>("1.0").await;
    let head = bank.store.head().await.unwrap();
    service.projection.wait_for(head, LONG).await.unwrap();
    service
}

/// The same service, audited in the background, once the first audit has ended.
async fn audited(bank: &Bank, service: &Service) -> (BackgroundAudit, Service) {
    let subject = AuditSubject {
        store: bank.store(),
        projector: projector_of(bank).await,
    };
    let options = BackgroundAuditOptions::default();
    let audits = audit_in_background(subject.clone(), &service.projection, options);
    let mut latest = audits.watch();
    latest.wait_for(Option::is_some).await.unwrap();
    let parked = annals_runtime::ParkedEvents::new(bank.store(), Arc::clone(&subject.projector));
    let operations = bank
        .operations()
        .with_projection(Arc::clone(&service.projection), parked)
        .with_audits(subject, Some(latest));
    let service = Service::new(Arc::clone(&service.projection), operations);
    (audits, service)
}

#[tokio::test]
async fn one_that_left_nothing_out_is_complete() {
    let bank = Bank::new().await;
    bank.deposit("1", &[1, 2]).await;
    let audit = caught_up(&bank).await.post(AUDIT, "").await.ok();
    let nothing = json!({ "total": 0, "first": [] });
    let expected = json!({
        "summary": "complete up to 2 (2 events)",
        "isComplete": true,
        "completeUpTo": 2,
        "comparedUpTo": 2,
        "handled": 2,
        "missing": nothing,
        "foreign": nothing,
        "repeated": nothing,
        "altered": nothing,
    });
    assert_eq!(audit, expected);
}

#[tokio::test]
async fn what_was_left_out_is_named() {
    let bank = forgetful().await;
    let audit = caught_up(&bank).await.post(AUDIT, "").await.ok();
    assert_eq!(audit["summary"], "position 1 was not handled");
    assert_eq!(audit["isComplete"], false);
    assert_eq!(audit["completeUpTo"], 0);
    assert_eq!(audit["missing"], json!({ "total": 1, "first": [1] }));
}

#[tokio::test]
async fn what_the_background_found_is_told_and_stands_in_the_overview() {
    let bank = forgetful().await;
    let service = caught_up(&bank).await;
    let before = service.get(AUDIT).await.ok();
    assert_eq!(before, json!({ "audit": null, "error": null }));

    let (_audits, service) = audited(&bank, &service).await;
    let latest = service.get(AUDIT).await.ok();
    assert_eq!(latest["audit"]["missing"]["first"], json!([1]));
    assert_eq!(latest["error"], Value::Null);
    let overview = service.get("/projections/balances").await.ok();
    assert_eq!([&overview["auditedUpTo"], &overview["missing"]], [0, 1]);
}

/// A service whose audits on demand never come to their end.
async fn stuck() -> Service {
    let bank = Bank::new().await;
    bank.deposit("1", &[1]).await;
    let service = caught_up(&bank).await;
    let subject = AuditSubject {
        store: Arc::new(SilentStore {
            store: Arc::clone(&bank.store),
            head: None,
        }),
        projector: projector_of(&bank).await,
    };
    let operations = bank.operations().with_audits(subject, None);
    Service::new(Arc::clone(&service.projection), operations)
}

#[tokio::test]
async fn two_at_once_are_one_too_many() {
    let service = stuck().await;
    let refused = tokio::select! {
        biased;
        first = service.post(AUDIT, "") => panic!("it came to its end: {first:?}"),
        second = service.post(AUDIT, "") => second,
    };
    refused.assert_problem(409, "audit-under-way");
}

#[tokio::test]
async fn one_that_takes_too_long_is_ended() {
    let service = stuck().await;
    tokio::time::pause();
    for _ in 0..2 {
        let ended = service.post(AUDIT, "").await;
        ended.assert_problem(503, "audit-too-long");
    }
}

#[tokio::test]
async fn one_without_a_ledger_cannot_be_audited() {
    let bank = Bank::new().await;
    let bare = BareProjector::with(Fault::Nothing);
    let projection = bank.run_projector(Arc::clone(&bare) as _, "");
    let subject = AuditSubject {
        store: bank.store(),
        projector: bare,
    };
    let operations = bank.operations().with_audits(subject, None);
    let service = Service::new(Arc::new(projection), operations);
    let refused = service.post("/projections/bare/audit", "").await;
    refused.assert_problem(409, "no-ledger");
    service.get(AUDIT).await.assert_problem(404, "not-found");
}
