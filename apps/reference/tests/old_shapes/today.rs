//! The same that happened once, asked of the service of today.

use annals_reference::bank::Bank;
use annals_testing::ManualClock;
use serde_json::{Value, json};

use crate::service::Service;

/// Asks a bank by this clock for all of it, each thing at its time.
pub(crate) async fn ask_for_all(bank: &Bank, clock: &ManualClock) {
    let service = Service::of(bank.clone());
    for (day, path, body) in commands() {
        clock.set(format!("2020-01-{day:02}T12:00:00Z").parse().unwrap());
        service.post(path, &body).await;
    }
    service.delete("/users/forgotten/personal-data").await;
}

fn commands() -> Vec<(u8, &'static str, Value)> {
    vec![
        (1, "/accounts", account("old")),
        (2, "/accounts/old/deposit", described("100.00")),
        (3, "/accounts/old/deposit", json!({ "amount": "0.30" })),
        (4, "/accounts/old/deposit", json!({ "amount": "10.50" })),
        (5, "/accounts/old/deposit", json!({ "amount": "4.00" })),
        (6, "/accounts/old/withdraw", described("25.00")),
        (7, "/accounts/old/withdraw", json!({ "amount": "15.00" })),
        (1, "/accounts", account("crowns")),
        (2, "/accounts/crowns/deposit", crowns("1000.00")),
        (3, "/accounts/crowns/withdraw", crowns("250.50")),
        (1, "/accounts", account("closed")),
        (2, "/accounts/closed/deposit", json!({ "amount": "5.00" })),
        (3, "/accounts/closed/withdraw", json!({ "amount": "5.00" })),
        (4, "/accounts/closed/close", json!({ "reason": "empty" })),
        (1, "/users", user("plain", "Ada", "King Lovelace")),
        (1, "/users", user("plato", "Plato", "")),
        (1, "/users", user("sealed", "Grace", "Hopper")),
        (2, "/users/sealed/activate", json!({})),
        (1, "/users", user("forgotten", "Karl", "May")),
    ]
}

fn account(id: &str) -> Value {
    json!({ "accountId": id, "ownerId": "me" })
}

fn described(amount: &str) -> Value {
    json!({ "amount": amount, "description": "plain" })
}

fn crowns(amount: &str) -> Value {
    json!({ "amount": { "value": amount, "currency": "CZK" } })
}

fn user(id: &str, first_name: &str, last_name: &str) -> Value {
    let email = format!("{id}@example.org");
    json!({ "userId": id, "email": email, "firstName": first_name, "lastName": last_name })
}
