//! A query says how new its answer must be: with all there is, or with all there was a while ago.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::client::{Client, usd};
use crate::each_store::on_each_store;
use crate::reply::Reply;

/// Every route that answers from a read model.
const FROM_READ_MODELS: [&str; 5] = [
    "/accounts/a",
    "/accounts",
    "/accounts/a/transactions",
    "/accounts/a/daily",
    "/summary",
];

on_each_store!(a_current_answer_has_all_that_was_written_before);

/// Gets what is known, as new as the path says.
async fn get(client: &Client, path: &str, freshness: &str) -> Reply {
    let request = Request::get(format!("{path}?{freshness}"));
    client.send(request.body(Body::empty()).unwrap()).await
}

async fn with_an_account(client: Client) -> Client {
    let account = json!({ "accountId": "a", "ownerId": "me" });
    client.post("/accounts", account).await.expect(201);
    deposit(&client).await;
    client
}

async fn deposit(client: &Client) {
    let one = json!({ "amount": usd("1.00") });
    let reply = client.post("/accounts/a/deposit", one).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

async fn a_current_answer_has_all_that_was_written_before(client: Client) {
    let client = with_an_account(client).await;
    for freshness in ["freshness=current", "maxAgeMs=0"] {
        for path in FROM_READ_MODELS.into_iter().chain(["/accounts/a/history"]) {
            deposit(&client).await;
            let reply = get(&client, path, freshness).await;
            assert_eq!(
                reply.header("annals-position"),
                client.head().await.to_string()
            );
            reply.expect(200);
        }
    }
    let account = get(&client, "/accounts/a", "freshness=current").await;
    assert_eq!(account.expect(200)["balance"], usd("13.00"));
}

#[tokio::test]
async fn an_answer_may_be_as_old_as_is_said_and_no_older() {
    let client = with_an_account(Client::in_memory().await).await;
    let complete = client.head().await;
    for path in FROM_READ_MODELS {
        get(&client, path, "freshness=current").await.expect(200);
    }
    client.bank.stop().await;
    deposit(&client).await;
    for path in FROM_READ_MODELS {
        let current = get(&client, path, "freshness=current").await;
        current.assert_problem(503, "not-fresh-enough");
        assert_eq!(current.body["position"], complete);
        let within_a_minute = get(&client, path, "maxAgeMs=60000").await;
        assert_eq!(
            within_a_minute.header("annals-position"),
            complete.to_string()
        );
        within_a_minute.expect(200);
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    for path in FROM_READ_MODELS {
        let too_old = get(&client, path, "maxAgeMs=60000").await;
        too_old.assert_problem(503, "not-fresh-enough");
    }
}
