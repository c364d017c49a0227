//! A transfer to a closed account, whose refund the store does not take for an hour: it is tried again
//! for most of it, then parked, and goes on once somebody asks for it over HTTP.

use annals::{Clock, Timestamp};
use annals_reference::transfers::TransferStatus;
use serde_json::{Value, json};

use crate::bank::{Bank, Stand};
use crate::operator::Operator;

/// How often a refund is tried before somebody is called.
const ATTEMPTS: u64 = 21;

/// A bank whose store has been in trouble for an hour, so that the refund of `t-1` is parked.
async fn bank_in_trouble() -> (Bank, Operator) {
    let bank = Bank::open().await;
    bank.store.begin();
    bank.transfer("t-1").await;
    bank.until("parked").await;
    let took = bank.clock.now().as_second();
    assert!((25 * 60..60 * 60).contains(&took), "{took} s");
    bank.clock.set(Timestamp::from_second(60 * 60).unwrap());
    let operator = Operator::of(&bank.annals);
    (bank, operator)
}

const ON_ITS_WAY: Stand = Stand {
    transfer: TransferStatus::Requested,
    balance: 0,
    pending: 50_00,
};

const REFUNDED: Stand = Stand {
    transfer: TransferStatus::Refunded,
    balance: 50_00,
    pending: 0,
};

fn kind(moment: &Value) -> &str {
    moment["told"]["kind"].as_str().unwrap()
}

#[tokio::test]
async fn a_refund_that_fails_for_an_hour_is_retried_then_parked_and_resumed_over_http() {
    let (bank, ann) = bank_in_trouble().await;
    assert_eq!(bank.stand("t-1").await, ON_ITS_WAY);
    assert_eq!(ann.transfers_that_are("parked").await.len(), 1);

    bank.store.end();
    ann.retry("t-1", "k-1").await.expect(200);
    bank.until("compensated").await;
    assert_eq!(bank.stand("t-1").await, REFUNDED);
    assert_eq!(ann.transfers_that_are("parked").await, [] as [Value; 0]);

    // However often she asks, and however late.
    ann.retry("t-1", "k-1").await.expect(200);
    let again = ann.retry("t-1", "k-2").await;
    again.assert_problem(409, "saga-over");
    assert_eq!(bank.stand("t-1").await, REFUNDED);
    let timeline = ann.timeline("t-1").await;
    let asked = timeline.iter().filter(|moment| kind(moment) == "asked");
    let asked: Vec<_> = asked.map(|it| (&it["by"], &it["ignored"])).collect();
    let (by, over) = (json!("ann"), json!("ended"));
    assert_eq!(asked, [(&by, &Value::Null), (&by, &over)]);
    assert_eq!(timeline.last().unwrap()["status"], "compensated");
    bank.annals.stop().await;
}

#[tokio::test]
async fn a_person_sees_what_is_parked_and_each_attempt_with_its_error() {
    let (bank, ann) = bank_in_trouble().await;
    let parked = ann.transfers_that_are("parked").await.pop().unwrap();
    assert_eq!(parked["instance"], "t-1");
    assert_eq!(parked["step"], "undo withdraw");
    let reason = parked["reason"].as_str().unwrap();
    assert!(reason.starts_with("undo withdraw failed"), "{reason}");
    assert!(reason.contains("in trouble"), "{reason}");

    let timeline = ann.timeline("t-1").await;
    let failures = timeline.iter().filter(|moment| kind(moment) == "failure");
    let failures: Vec<_> = failures.map(|moment| &moment["told"]).collect();
    for (failure, attempt) in failures.iter().zip(1..) {
        assert_eq!(failure["call"], "undo withdraw");
        assert_eq!(failure["attempt"], attempt);
        let error = failure["error"].as_str().unwrap();
        assert!(error.contains("in trouble"), "{error}");
    }
    assert_eq!(failures.len() as u64, ATTEMPTS - 1);
    let given_up = timeline.last().unwrap();
    assert_eq!(given_up["told"]["attempt"], ATTEMPTS);
    assert_eq!(given_up["status"], "parked");
    bank.annals.stop().await;
}

#[tokio::test]
async fn nothing_is_retried_for_who_shows_no_token_or_skipped_for_no_reason() {
    let (bank, ann) = bank_in_trouble().await;
    bank.store.end();
    let stranger = ann.retry_without_a_token("t-1").await;
    stranger.assert_problem(401, "unauthorized");
    let speechless = ann.skip_without_a_reason("t-1").await;
    speechless.assert_problem(422, "invalid-request");
    assert_eq!(speechless.bad_fields(), ["reason"]);
    assert_eq!(ann.transfer("t-1").await["status"], "parked");
    assert_eq!(bank.stand("t-1").await, ON_ITS_WAY);
    bank.annals.stop().await;
}
