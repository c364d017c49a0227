//! The operations on projections: nowhere without a token, and with one for who shows it.

use annals::runtime::ErasuresElsewhere;
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::client::{Client, usd};
use crate::reply::Reply;

const TOKEN: &str = "correct-horse-battery-staple";
const PROJECTIONS: &str = "/operations/projections";

async fn get_with_token(client: &Client, path: &str) -> Reply {
    let request = Request::get(path).header("authorization", format!("Bearer {TOKEN}"));
    client.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_bank_without_a_token_has_no_operations() {
    let client = Client::in_memory().await;
    let reply = get_with_token(&client, PROJECTIONS).await;
    reply.assert_problem(404, "not-found");
}

#[tokio::test]
async fn a_bank_with_a_token_is_operated_by_who_shows_it() {
    let client = Client::operated(TOKEN).await;
    let account = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": usd("5.00") });
    client.post("/accounts", account).await.expect(201);
    client.get("/accounts/a").await.expect(200);
    client
        .get(PROJECTIONS)
        .await
        .assert_problem(401, "unauthorized");

    let overviews = get_with_token(&client, PROJECTIONS).await.expect(200);
    let overviews = overviews["projections"].as_array().unwrap();
    assert_eq!(overviews.len(), client.bank.annals().projections().count());
    for overview in overviews {
        assert_eq!(overview["head"], client.head().await, "{overview}");
        let name = overview["name"].as_str().unwrap();
        if name == ErasuresElsewhere::NAME {
            // It stops instead of parking.
            assert!(overview["parked"].is_null(), "{overview}");
            continue;
        }
        assert_eq!(overview["parked"], 0, "{overview}");
        let letters = format!("{PROJECTIONS}/{name}/dead-letters");
        let page = get_with_token(&client, &letters).await.expect(200);
        assert_eq!(page["data"], json!([]));
    }
}

#[tokio::test]
async fn the_document_tells_of_the_operations_that_are_there() {
    let client = Client::operated(TOKEN).await;
    let document = client.get("/openapi.json").await.expect(200);
    let routes = [
        ("", "get"),
        ("/{name}", "get"),
        ("/{name}/audit", "get"),
        ("/{name}/audit", "post"),
        ("/{name}/pause", "post"),
        ("/{name}/resume", "post"),
        ("/{name}/dead-letters", "get"),
        ("/{name}/dead-letters/{position}", "get"),
        ("/{name}/dead-letters/{position}/retry", "post"),
        ("/{name}/dead-letters/{position}/skip", "post"),
        ("/{name}/dead-letters/retry", "post"),
        ("/{name}/past", "post"),
        ("/{name}/past/{id}", "delete"),
        ("/{name}/past/{id}/rows", "get"),
        ("/{name}/rows", "get"),
    ];
    for (path, method) in routes {
        let operation = &document["paths"][format!("{PROJECTIONS}{path}")][method];
        assert_eq!(operation["security"], json!([{ "bearer": [] }]), "{path}");
    }
    let scheme = &document["components"]["securitySchemes"]["bearer"];
    assert_eq!(*scheme, json!({ "type": "http", "scheme": "bearer" }));
    let accounts = &document["paths"]["/accounts"]["get"];
    assert!(accounts.get("security").is_none(), "{accounts}");
}
