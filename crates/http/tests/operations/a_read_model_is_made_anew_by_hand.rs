//! A read model is made anew beside the one that is read: looked at, decided on, gone back from.

use serde_json::{Value, json};

use crate::bank::{Bank, LONG, MendedBalance, RevisedBalance, Service};

const REBUILD: &str = "/projections/balances/rebuild";

async fn running() -> (Bank, Service) {
    let bank = Bank::new().await;
    bank.deposit("1", &[100]).await;
    let last = bank.deposit("2", &[30]).await;
    let service = bank.run::<MendedBalance>("1.0").await;
    service.projection.wait_for(last, LONG).await.unwrap();
    (bank, service)
}

/// Looks at the rebuild until it is in a phase.
async fn until(service: &Service, phase: &str) -> Value {
    let looking = async {
        loop {
            let rebuild = service.get(REBUILD).await.ok();
            if rebuild["phase"] == phase {
                return rebuild;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, looking).await.unwrap()
}

#[tokio::test]
async fn what_is_the_same_takes_the_place_by_itself_and_gives_it_back() {
    let (bank, service) = running().await;
    service.post(REBUILD, "{}").await.ok();
    let done = until(&service, "cut over").await;
    assert_eq!(done["position"], 2);
    assert_eq!(done["events"], 2);
    assert_eq!(bank.cents("1").await, Some(100));
    let back = service.post("/projections/balances/roll-back", "").await;
    assert_eq!(back.ok(), json!({ "position": 2 }));
    assert_eq!(bank.cents("2").await, Some(30));
}

#[tokio::test]
async fn what_differs_is_told_and_waits_for_a_person() {
    let (bank, service) = running().await;
    let changed = bank
        .read_models
        .write(|tx| tx.execute_batch("update balances set cents = 7"));
    changed.await.unwrap();
    service
        .post(REBUILD, r#"{"cutOver": "whenSame"}"#)
        .await
        .ok();
    let compared = until(&service, "compared").await;
    let table = &compared["comparison"]["tables"][0];
    assert_eq!(compared["comparison"]["isSame"], false);
    assert_eq!(table["table"], "balances");
    assert_eq!(table["differing"], 2);
    let differences = table["differences"].as_array().unwrap();
    let first = differences
        .iter()
        .find(|it| it["key"] == json!(["1"]))
        .unwrap();
    assert_eq!(first["current"], json!(["1", 7]));
    assert_eq!(first["candidate"], json!(["1", 100]));
    assert_eq!(bank.cents("1").await, Some(7));
    service.post(&format!("{REBUILD}/accept"), "").await.ok();
    until(&service, "cut over").await;
    assert_eq!(bank.cents("1").await, Some(100));
}

#[tokio::test]
async fn what_is_given_up_changes_nothing() {
    let (bank, service) = running().await;
    service
        .post(REBUILD, r#"{"cutOver": "whenTold"}"#)
        .await
        .ok();
    until(&service, "compared").await;
    service.post(&format!("{REBUILD}/cancel"), "").await.ok();
    until(&service, "cancelled").await;
    assert_eq!(bank.cents("1").await, Some(100));
    let refused = service.post("/projections/balances/roll-back", "").await;
    assert_eq!(refused.status, 409);
}

#[tokio::test]
async fn it_stands_still_until_it_may_go_on() {
    let (_bank, service) = running().await;
    let throttled = r#"{"cutOver": "whenTold", "eventsPerSecond": 1000}"#;
    service.post(REBUILD, throttled).await.ok();
    until(&service, "compared").await;
    service.post(&format!("{REBUILD}/pause"), "").await.ok();
    service.post(&format!("{REBUILD}/accept"), "").await.ok();
    let paused = async {
        while service.get(REBUILD).await.ok()["isPaused"] != true {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, paused).await.unwrap();
    service.post(&format!("{REBUILD}/resume"), "").await.ok();
    until(&service, "cut over").await;
}

#[tokio::test]
async fn it_says_until_when_the_one_before_is_kept() {
    let (_bank, service) = running().await;
    service.post(REBUILD, "{}").await.ok();
    let done = until(&service, "cut over").await;
    assert_eq!(done["previousUntil"], "2024-03-08T12:00:00Z");
}

#[tokio::test]
async fn a_changed_declaration_waits_to_be_rebuilt() {
    let (bank, service) = running().await;
    service.projection.stop().await;
    let service = bank.run::<RevisedBalance>("2.0").await;
    let read = annals_core::Position(2);
    service.projection.wait_for(read, LONG).await.unwrap();
    let overview = service.get("/projections/balances").await.ok();
    assert_eq!(overview["status"], "awaits rebuild");
    assert_eq!(overview["upToDate"], false);
    assert_eq!(overview["rebuildDue"], true);
    assert_eq!(overview["position"], 2);

    let complete = r#"{"cutOver": "whenComplete"}"#;
    service.post(REBUILD, complete).await.ok();
    until(&service, "cut over").await;
    let last = bank.deposit("1", &[1]).await;
    service.projection.wait_for(last, LONG).await.unwrap();
    let overview = service.get("/projections/balances").await.ok();
    assert_eq!(overview["rebuildDue"], false);
    assert_eq!(bank.cents("1").await, Some(101));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let (_bank, service) = running().await;
    assert_eq!(service.get(REBUILD).await.status, 404);
    assert_eq!(
        service.post(&format!("{REBUILD}/pause"), "").await.status,
        404
    );
    let elsewhere = service.post("/projections/none/rebuild", "{}").await;
    assert_eq!(elsewhere.status, 404);
    let wrong = r#"{"cutOver": "never", "eventsPerSecond": 0, "colour": "blue"}"#;
    let refused = service.post(REBUILD, wrong).await;
    assert_eq!(refused.status, 422);
    for field in ["cutOver", "eventsPerSecond", "colour"] {
        assert!(
            refused.body.to_string().contains(field),
            "{field}: {}",
            refused.body
        );
    }
    assert_eq!(service.get(REBUILD).await.status, 404);
}
