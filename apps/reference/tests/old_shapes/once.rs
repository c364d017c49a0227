//! What happened, in every shape that was ever stored.

use annals::{NewEvent, Timestamp};
use annals_reference::bank::Bank;
use annals_reference::users::UserId;
use serde_json::{Value, json};

use crate::stored::{sealed_v1, stored, write};

/// Writes it by hand. Nobody is left who did it otherwise.
pub(crate) async fn write_once(bank: &Bank) {
    write_accounts(bank).await;
    write_users(bank).await;
    let forgotten: UserId = "forgotten".parse().unwrap();
    let report = bank.annals().erase(&forgotten.subject()).await;
    report.unwrap();
}

async fn write_accounts(bank: &Bank) {
    let old = vec![
        opened("old"),
        payment(
            2,
            "MoneyDeposited",
            1,
            json!({ "amount": 100, "description": "plain" }),
        ),
        // As it was computed.
        payment(
            3,
            "MoneyDeposited",
            1,
            json!({ "amount": 0.300_000_000_000_000_04 }),
        ),
        payment(
            4,
            "MoneyDeposited",
            2,
            json!({ "amount": 10.5, "currency": "USD" }),
        ),
        payment(
            5,
            "MoneyDeposited",
            3,
            json!({ "amount": money("4.00", "USD") }),
        ),
        payment(
            6,
            "MoneyWithdrawn",
            1,
            json!({ "amount": 25, "description": "plain" }),
        ),
        payment(
            7,
            "MoneyWithdrawn",
            2,
            json!({ "amount": money("15.00", "USD") }),
        ),
    ];
    write(bank, "BankAccount-old", old).await;
    let crowns = vec![
        opened("crowns"),
        payment(
            2,
            "MoneyDeposited",
            2,
            json!({ "amount": 1000, "currency": "CZK" }),
        ),
        payment(
            3,
            "MoneyWithdrawn",
            2,
            json!({ "amount": money("250.50", "CZK") }),
        ),
    ];
    write(bank, "BankAccount-crowns", crowns).await;
    let closed = json!({ "reason": "empty", "closedAt": noon(4) });
    let closed = vec![
        opened("closed"),
        payment(2, "MoneyDeposited", 1, json!({ "amount": 5 })),
        payment(3, "MoneyWithdrawn", 1, json!({ "amount": 5 })),
        happened(4, stored("AccountClosed", 1, &closed)),
    ];
    write(bank, "BankAccount-closed", closed).await;
}

async fn write_users(bank: &Bank) {
    let plain = [
        ("plain", "Ada King Lovelace"),
        ("plato", "Plato"),
        ("nameless", ""),
    ];
    for (user, name) in plain {
        // Nothing was personal then.
        let registered = json!({
            "userId": user, "email": email(user), "name": name, "registeredAt": noon(1),
        });
        let registered = happened(1, stored("UserRegistered", 1, &registered));
        write(bank, &format!("User-{user}"), vec![registered]).await;
    }
    let activated = json!({ "activatedAt": noon(2) });
    let sealed = vec![
        happened(
            1,
            sealed_v1(bank, "sealed", &email("sealed"), "Grace Hopper").await,
        ),
        happened(2, stored("UserActivated", 1, &activated)),
    ];
    write(bank, "User-sealed", sealed).await;
    let forgotten = sealed_v1(bank, "forgotten", &email("forgotten"), "Karl May").await;
    write(bank, "User-forgotten", vec![happened(1, forgotten)]).await;
}

/// Noon of a day of January 2020.
fn noon(day: u8) -> Timestamp {
    format!("2020-01-{day:02}T12:00:00Z").parse().unwrap()
}

fn happened(day: u8, mut event: NewEvent) -> NewEvent {
    event.metadata.business_time = Some(noon(day));
    event
}

fn opened(account: &str) -> NewEvent {
    let opened = json!({ "accountId": account, "ownerId": "me", "openedAt": noon(1) });
    happened(1, stored("AccountOpened", 1, &opened))
}

fn payment(day: u8, event_type: &str, version: u32, mut payload: Value) -> NewEvent {
    payload["timestamp"] = json!(noon(day));
    happened(day, stored(event_type, version, &payload))
}

fn money(value: &str, currency: &str) -> Value {
    json!({ "value": value, "currency": currency })
}

fn email(user: &str) -> String {
    format!("{user}@example.org")
}
