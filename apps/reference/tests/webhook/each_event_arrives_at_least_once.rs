//! Whatever fails, each event arrives, in the order of its account, and a repeat has its first key.

use annals_reference::bank::Bank;
use annals_reference::place::Place;
use serde_json::json;

use crate::place::{NewPlace, in_each_place};
use crate::receiver::{Answer, Receiver};
use crate::teller::{deposit, open_account, open_bank, recorded_id, until_repeating, until_told};

in_each_place![
    all_arrive_when_the_service_is_started_again_amid,
    one_that_is_switched_on_later_begins_now,
];

#[tokio::test]
async fn a_call_tells_what_happened_and_where() {
    let receiver = Receiver::start().await;
    let bank = open_bank(&Place::Memory, receiver.webhook()).await;
    open_account(&bank, "acc-1").await;
    deposit(&bank, "acc-1").await;
    until_told(&bank).await;
    let calls = receiver.calls();
    let types: Vec<_> = calls
        .iter()
        .map(|call| call.json()["type"].clone())
        .collect();
    assert_eq!(types, ["AccountOpened", "MoneyDeposited", "MoneyDeposited"]);
    let last = &calls[2];
    assert_eq!(last.path, "/accounts");
    assert_eq!(last.header("content-type"), "application/cloudevents+json");
    let mut body = last.json();
    let happened_at = body["time"].take();
    assert_eq!(happened_at, body["data"]["timestamp"].take());
    assert!(happened_at.is_string());
    let id = body["id"].take();
    assert_eq!(id, recorded_id(&bank, 3).await);
    let expected = json!({
        "specversion": "1.0",
        "id": null,
        "source": "annals-reference",
        "type": "MoneyDeposited",
        "subject": "BankAccount-acc-1",
        "time": null,
        "position": "3",
        "streamversion": "3",
        "schemaversion": "3",
        "partitionkey": "BankAccount-acc-1",
        "datacontenttype": "application/json",
        "data": {
            "amount": { "value": "1.50", "currency": "USD" },
            "description": "a gift",
            "timestamp": null,
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn all_arrive_when_the_receiver_fails_and_answers_are_lost() {
    let receiver = Receiver::start().await;
    receiver.answer([
        Answer::Status(503),
        Answer::Nothing,
        Answer::Status(429),
        Answer::Status(200),
        Answer::Nothing,
        Answer::Status(408),
    ]);
    let bank = open_bank(&Place::Memory, receiver.webhook()).await;
    for account in ["acc-1", "acc-2", "acc-3"] {
        open_account(&bank, account).await;
    }
    deposit(&bank, "acc-1").await;
    until_told(&bank).await;
    let arrived = receiver.arrived();
    assert_eq!(arrived["acc-1"], [1, 2, 7]);
    assert_eq!(arrived["acc-2"], [3, 4]);
    assert_eq!(arrived["acc-3"], [5, 6]);
    assert_eq!(receiver.calls().len(), 7 + 5, "nothing else is repeated");
}

async fn all_arrive_when_the_service_is_started_again_amid(place: NewPlace) {
    let receiver = Receiver::start().await;
    let open = async || open_bank(&place.place(), receiver.webhook()).await;
    receiver.answer_always(Answer::Nothing);
    let bank = open().await;
    open_account(&bank, "acc-1").await;
    until_repeating(&bank).await;
    bank.stop().await;
    drop(bank);
    receiver.answer_always(Answer::Status(204));
    let bank = open().await;
    deposit(&bank, "acc-1").await;
    until_told(&bank).await;
    assert_eq!(receiver.arrived()["acc-1"], [1, 2, 3]);
    let first = receiver.calls();
    assert!(first.len() > 3, "the first was repeated");
    bank.stop().await;
    drop(bank);
    // What was acknowledged is not repeated by a restart.
    let bank = open().await;
    until_told(&bank).await;
    assert_eq!(receiver.calls().len(), first.len());
}

async fn one_that_is_switched_on_later_begins_now(place: NewPlace) {
    let receiver = Receiver::start().await;
    let bank = Bank::open(&place.place()).await.unwrap();
    open_account(&bank, "acc-1").await;
    bank.stop().await;
    drop(bank);
    let bank = open_bank(&place.place(), receiver.webhook()).await;
    deposit(&bank, "acc-1").await;
    until_told(&bank).await;
    assert_eq!(receiver.arrived()["acc-1"], [3]);
}
