//! Balances as of a position between two deposits, and as of the moment of one: over HTTP, by whoever
//! operates the bank.

use std::time::Duration;

use annals::{Position, Read, Source, Timestamp};
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use serde_json::{Value, json};

use crate::client::{Client, usd};
use crate::reply::Reply;

const TOKEN: &str = "correct-horse-battery-staple";
const BALANCES: &str = "/operations/projections/account_balances";
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn in_memory() {
    balances_are_seen_as_they_were(Client::operated(TOKEN).await).await;
}

#[tokio::test]
async fn on_postgres() {
    balances_are_seen_as_they_were(Client::operated_on_postgres(TOKEN).await).await;
}

async fn balances_are_seen_as_they_were(client: Client) {
    let account = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": usd("5.00") });
    client.post("/accounts", account).await.expect(201);
    let between = client.head().await;
    let deposit = json!({ "amount": usd("2.00") });
    client.post("/accounts/a/deposit", deposit).await;
    client.get("/accounts/a").await.expect(200);
    assert_eq!(balance(&client, BALANCES).await, 700);

    let past = past_as_of(&client, json!({ "position": between })).await;
    assert_eq!(balance(&client, &past).await, 500);

    let moment = recorded_at(&client, between).await;
    let next = recorded_at(&client, between + 1).await;
    let past = past_as_of(&client, json!({ "time": moment })).await;
    // Both may be of the same microsecond.
    let expected = if next == moment { 700 } else { 500 };
    assert_eq!(balance(&client, &past).await, expected);
    let past = past_as_of(&client, json!({ "time": next })).await;
    assert_eq!(balance(&client, &past).await, 700);

    let gone = operate(&client, Request::delete(&past), String::new()).await;
    gone.expect(204);
    let gone = operate(&client, Request::get(&past), String::new()).await;
    gone.assert_problem(404, "not-found");
}

/// When an event was recorded, by the clock of the store.
async fn recorded_at(client: &Client, position: u64) -> Timestamp {
    let source = Source::all_after(Position(position - 1));
    let read = Read::forwards(source).limit(1);
    let mut events = client.bank.annals().store().read(read).await.unwrap();
    events.try_next().await.unwrap().unwrap().recorded_at
}

/// The path of the balances as they were, once they are there.
async fn past_as_of(client: &Client, as_of: Value) -> String {
    let begin = Request::post(format!("{BALANCES}/past"));
    let begun = operate(client, begin, as_of.to_string()).await.expect(202);
    let path = format!("{BALANCES}/past/{}", begun["id"].as_str().unwrap());
    let folding = async {
        loop {
            let past = operate(client, Request::get(&path), String::new()).await;
            match past.expect(200)["phase"].as_str() {
                Some("folding") => tokio::task::yield_now().await,
                phase => return assert_eq!(phase, Some("complete")),
            }
        }
    };
    tokio::time::timeout(LONG, folding).await.unwrap();
    path
}

/// The one balance that there is, in hundredths.
async fn balance(client: &Client, path: &str) -> Value {
    let rows = Request::get(format!("{path}/rows?key=a"));
    let rows = operate(client, rows, String::new()).await.expect(200);
    assert_eq!(rows["data"].as_array().unwrap().len(), 1, "{rows}");
    rows["data"][0]["balance_minor"].clone()
}

async fn operate(client: &Client, request: Builder, body: String) -> Reply {
    let request = request
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json");
    client.send(request.body(Body::from(body)).unwrap()).await
}
