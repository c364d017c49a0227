//! Rows that are not what the events make of them are found and made anew by hand.

use serde_json::json;

use crate::bank::{Balance, Bank, LONG, Service};

const CHECK: &str = "/projections/balances/rows/check";
const REBUILD: &str = "/projections/balances/rows/rebuild";

/// Two accounts, whose rows others have changed.
async fn tampered() -> (Bank, Service) {
    let bank = Bank::new().await;
    bank.deposit("1", &[100]).await;
    let last = bank.deposit("2", &[30]).await;
    let service = bank.run::<Balance>("1.0").await;
    service.projection.wait_for(last, LONG).await.unwrap();
    let changed = bank
        .read_models
        .write(|tx| tx.execute_batch("update balances set cents = 7"));
    changed.await.unwrap();
    (bank, service)
}

#[tokio::test]
async fn what_drifted_is_told_with_the_keys_that_mend_it() {
    let (bank, service) = tampered().await;
    let check = service.post(CHECK, "").await.ok();
    assert_eq!(check["isRight"], false);
    assert_eq!(check["drifted"], 2);
    let examples = check["examples"].as_array().unwrap();
    let first = examples
        .iter()
        .find(|it| it["key"] == json!(["1"]))
        .unwrap();
    assert_eq!(first["table"], "balances");
    assert_eq!(first["refolded"], json!(["1", 100]));
    assert_eq!(first["stored"], json!(["1", 7]));
    let keys = json!({ "keys": first["keys"] }).to_string();
    let rebuilt = service.post(REBUILD, &keys).await.ok();
    assert_eq!(rebuilt["before"]["drifted"], 1);
    assert_eq!(bank.cents("1").await, Some(100));
    assert_eq!(bank.cents("2").await, Some(7), "nobody asked");
    let stream = r#"{"stream": "Account-2"}"#;
    service.post(REBUILD, stream).await.ok();
    let check = service.post(CHECK, "").await.ok();
    assert_eq!(check["isRight"], true);
}

#[tokio::test]
async fn a_row_whose_event_is_parked_is_not_made_anew_by_code_that_cannot_apply_it() {
    let (bank, service) = tampered().await;
    let last = bank.deposit("1", &[-5]).await;
    service.projection.wait_for(last, LONG).await.unwrap();
    let check = service.post(CHECK, "").await.ok();
    assert_eq!(check["leftOut"]["withDeadLetters"], 1);
    let refused = service.post(REBUILD, r#"{"stream": "Account-1"}"#).await;
    refused.assert_problem(409, "key-left-out");
    assert_eq!(bank.cents("1").await, Some(7));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let (_bank, service) = tampered().await;
    let unchecked = service.get(CHECK).await;
    unchecked.assert_problem(404, "not-found");
    for path in ["check", "rebuild"] {
        let path = format!("/projections/none/rows/{path}");
        let body = r#"{"stream": "Account-1"}"#;
        let body = if path.ends_with("check") { "" } else { body };
        let elsewhere = service.post(&path, body).await;
        elsewhere.assert_problem(404, "not-found");
    }
    for body in [
        "{}",
        r#"{"stream": "Account-1", "keys": ["row [\"1\"]"]}"#,
        r#"{"keys": []}"#,
        r#"{"keys": [1]}"#,
        r#"{"keys": "row"}"#,
        r#"{"stream": "nameless"}"#,
    ] {
        let refused = service.post(REBUILD, body).await;
        refused.assert_problem(422, "invalid-request");
    }
}
