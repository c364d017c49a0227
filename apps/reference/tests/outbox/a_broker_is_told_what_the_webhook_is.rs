//! What a broker is told is what the webhook is told, in one order for all accounts.

use std::time::Duration;

use annals_reference::bank::Bank;
use annals_reference::messages_out::MessagesOut;
use annals_reference::outbox::TOPIC;
use annals_reference::place::Place;
use serde_json::Value;

use crate::broker::NewBroker;
use crate::receiver::{Call, Receiver};
use crate::teller::{deposit, open_account};

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn redis_is_told_the_same() {
    is_told_the_same(NewBroker::redis().await).await;
}

#[tokio::test]
async fn nats_is_told_the_same() {
    is_told_the_same(NewBroker::nats().await).await;
}

async fn is_told_the_same(mut broker: NewBroker) {
    let receiver = Receiver::start().await;
    let messages = MessagesOut {
        webhook: Some(receiver.webhook()),
        outbox: Some(broker.outbox()),
    };
    let bank = Bank::open_telling(&Place::Memory, messages).await.unwrap();
    // No subject of NATS could be made of the second.
    for account in ["acc-1", "acc..2."] {
        open_account(&bank, account).await;
    }
    deposit(&bank, "acc-1").await;
    for told in MessagesOut::NAMES {
        until_at_the_end(&bank, told).await;
    }

    let mut calls = receiver.calls();
    calls.sort_by_key(Call::position);
    // It may be called again.
    calls.dedup_by_key(|call| call.position());
    let called: Vec<Value> = calls.iter().map(as_told_in_one_order).collect();
    assert_eq!(called.len(), 5);
    assert_eq!(broker.told().await, called);
}

async fn until_at_the_end(bank: &Bank, told: &str) {
    let head = bank.head().await.unwrap();
    let told = bank.annals().projection(told);
    told.wait_for(head, LONG).await.unwrap();
}

/// The one difference.
fn as_told_in_one_order(call: &Call) -> Value {
    let mut event = call.json();
    assert_eq!(event["partitionkey"], event["subject"]);
    event["partitionkey"] = TOPIC.into();
    event
}
