//! An event that cannot be applied: seen, tried again once the code is mended, or given up.

use serde_json::json;

use crate::bank::{Balance, Bank, LONG, MendedBalance, Service};

const LETTERS: &str = "/projections/balances/dead-letters";

/// A bank whose account 1 has a poisonous deposit at position 2, and one behind it at 3.
async fn poisoned() -> (Bank, Service) {
    let bank = Bank::new().await;
    bank.deposit("1", &[100, -5, 7]).await;
    let last = bank.deposit("2", &[30]).await;
    let service = bank.run::<Balance>("1.0").await;
    service.projection.wait_for(last, LONG).await.unwrap();
    (bank, service)
}

async fn count_parked(service: &Service) -> u64 {
    let overview = service.get("/projections/balances").await.ok();
    overview["parked"].as_u64().unwrap()
}

#[tokio::test]
async fn what_is_parked_tells_why_and_what_waits_for_it() {
    let (bank, service) = poisoned().await;
    assert_eq!(count_parked(&service).await, 2);
    assert_eq!(bank.cents("1").await, Some(100));
    assert_eq!(bank.cents("2").await, Some(30));

    let page = service.get(LETTERS).await.ok();
    assert_eq!(page["pagination"]["hasMore"], false);
    let [poison, behind] = &page["data"].as_array().unwrap()[..] else {
        panic!("{page}")
    };
    assert_eq!(poison["position"], 2);
    assert_eq!(poison["type"], "Deposited");
    assert_eq!(poison["stream"], "Account-1");
    assert_eq!(poison["state"], "failed");
    assert_eq!(poison["failure"]["attempts"], 2);
    assert_eq!(poison["failure"]["codeVersion"], "1.0");
    assert_eq!(poison["failure"]["at"], "2024-03-01T12:00:00Z");
    let error = poison["failure"]["error"].as_str().unwrap();
    assert!(error.contains("a deposit of -5"), "{error}");
    assert_eq!(behind["position"], 3);
    assert_eq!(behind["state"], "waits");
    assert_eq!(behind["waitsFor"], 2);
    assert_eq!(behind["keys"], poison["keys"]);
    assert!(behind["failure"].is_null());
}

#[tokio::test]
async fn letters_come_in_pages() {
    let (_bank, service) = poisoned().await;
    let first = service.get(&format!("{LETTERS}?limit=1")).await.ok();
    assert_eq!(first["data"][0]["position"], 2);
    assert_eq!(first["pagination"]["hasMore"], true);
    let cursor = first["pagination"]["nextCursor"].as_str().unwrap();
    let next = format!("{LETTERS}?limit=1&cursor={cursor}");
    let second = service.get(&next).await.ok();
    assert_eq!(second["data"][0]["position"], 3);
    assert_eq!(second["pagination"]["hasMore"], false);
}

#[tokio::test]
async fn a_letter_comes_with_its_event_as_it_is_stored() {
    let (_bank, service) = poisoned().await;
    let letter = service.get(&format!("{LETTERS}/2")).await.ok();
    assert_eq!(letter["state"], "failed");
    let event = &letter["event"];
    assert_eq!(event["eventId"], letter["eventId"]);
    assert_eq!(event["type"], "Deposited");
    assert_eq!(event["schemaVersion"], 1);
    assert_eq!(event["stream"], "Account-1");
    assert_eq!(event["version"], 2);
    assert_eq!(event["recordedAt"], "2024-03-01T12:00:00Z");
    assert_eq!(event["contentType"], "application/json");
    assert_eq!(event["data"], json!({ "cents": -5 }));
    assert!(event["metadata"].is_object() && event["tags"].is_array());
}

#[tokio::test]
async fn what_is_tried_before_the_mend_stays_parked_and_its_attempts_count_on() {
    let (_bank, service) = poisoned().await;
    let retried = service.post(&format!("{LETTERS}/2/retry"), "").await.ok();
    assert_eq!(retried, json!({ "applied": [], "parked": [2] }));
    let letter = service.get(&format!("{LETTERS}/2")).await.ok();
    assert_eq!(letter["failure"]["attempts"], 3);
    let waits = service.post(&format!("{LETTERS}/3/retry"), "").await.ok();
    assert_eq!(waits, json!({ "applied": [], "parked": [3] }));
}

#[tokio::test]
async fn mended_code_applies_one_letter_after_the_other_and_they_are_gone() {
    let (bank, service) = poisoned().await;
    service.projection.stop().await;
    let mended = bank.run::<MendedBalance>("1.1").await;
    assert_eq!(count_parked(&mended).await, 2);

    let first = mended.post(&format!("{LETTERS}/2/retry"), "").await.ok();
    assert_eq!(first, json!({ "applied": [2], "parked": [] }));
    assert_eq!(bank.cents("1").await, Some(95));
    let second = mended.post(&format!("{LETTERS}/3/retry"), "").await.ok();
    assert_eq!(second, json!({ "applied": [3], "parked": [] }));
    assert_eq!(bank.cents("1").await, Some(102));

    assert_eq!(count_parked(&mended).await, 0);
    assert_eq!(mended.get(LETTERS).await.ok()["data"], json!([]));
    let gone = mended.get(&format!("{LETTERS}/2")).await;
    gone.assert_problem(404, "not-found");
}

#[tokio::test]
async fn mended_code_applies_all_letters_at_once_also_while_paused() {
    let (bank, service) = poisoned().await;
    service.projection.stop().await;
    let mended = bank.run::<MendedBalance>("1.1").await;
    let paused = mended.post("/projections/balances/pause", "").await.ok();
    assert_eq!(paused["status"], "paused");
    let retried = mended.post(&format!("{LETTERS}/retry"), "").await.ok();
    assert_eq!(retried, json!({ "applied": [2, 3], "parked": [] }));
    assert_eq!(bank.cents("1").await, Some(102));
}

#[tokio::test]
async fn what_is_skipped_keeps_its_reason_and_is_waited_for_no_more() {
    let (bank, service) = poisoned().await;
    let body = r#"{"reason": " a mistake of the teller "}"#;
    let skipped = service.post(&format!("{LETTERS}/2/skip"), body).await.ok();
    assert_eq!(skipped["state"], "skipped");
    assert_eq!(skipped["skipped"]["reason"], "a mistake of the teller");
    assert_eq!(skipped["skipped"]["at"], "2024-03-01T12:00:00Z");

    let retried = service.post(&format!("{LETTERS}/retry"), "").await.ok();
    assert_eq!(retried, json!({ "applied": [3], "parked": [] }));
    assert_eq!(bank.cents("1").await, Some(107));
    assert_eq!(count_parked(&service).await, 0);
    let letters = service.get(LETTERS).await.ok();
    assert_eq!(letters["data"], json!([skipped]));
    let opened = service.get(&format!("{LETTERS}/2")).await.ok();
    assert_eq!(opened["skipped"], skipped["skipped"]);

    let again = service.post(&format!("{LETTERS}/2/skip"), body).await;
    again.assert_problem(404, "not-found");
    let retry = service.post(&format!("{LETTERS}/2/retry"), "").await;
    retry.assert_problem(404, "not-found");
}
