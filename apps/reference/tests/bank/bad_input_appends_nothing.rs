//! Bad input on every route: a problem that names every bad field, and nothing appended.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::client::Client;
use crate::each_store::on_each_store;
use crate::reply::Reply;

on_each_store![
    bodies_that_cannot_be_read_are_refused_on_every_route,
    bad_fields_are_all_named_on_every_route,
    unfit_amounts_are_refused_on_every_route,
    bad_headers_of_commands_are_named,
    bad_parameters_of_queries_are_all_named,
    a_cursor_of_another_collection_is_refused,
    unknown_routes_and_wrong_methods_are_problems,
];

/// Every route that takes a command.
const COMMANDS: [&str; 4] = [
    "/accounts",
    "/accounts/a/deposit",
    "/accounts/a/withdraw",
    "/accounts/a/close",
];

async fn with_an_account(client: Client) -> Client {
    let open = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": 100 });
    client.post("/accounts", open).await.expect(201);
    client
}

fn request(path: &str, media_type: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path).header("content-type", media_type);
    request.body(body.into()).unwrap()
}

#[track_caller]
fn assert_names(reply: &Reply, fields: &[&str]) {
    reply.assert_problem(422, "invalid-request");
    assert_eq!(reply.bad_fields(), fields, "{reply:?}");
    for error in reply.body["errors"].as_array().unwrap() {
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
}

async fn bodies_that_cannot_be_read_are_refused_on_every_route(client: Client) {
    let client = with_an_account(client).await;
    let head = client.head().await;
    let deep = format!(
        r#"{{"amount": {}{}}}"#,
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    let large = format!(r#"{{"description": "{}"}}"#, "x".repeat(64 * 1024));
    let cases = [
        (400, "malformed-json", "application/json", "{".to_owned()),
        (
            400,
            "malformed-json",
            "application/json",
            "{\"a\": 1} x".to_owned(),
        ),
        (400, "malformed-json", "application/json", deep),
        (413, "too-large", "application/json", large),
        (415, "unsupported-media-type", "text/plain", "{}".to_owned()),
        (
            415,
            "unsupported-media-type",
            "application/xml",
            "<a/>".to_owned(),
        ),
    ];
    for path in COMMANDS {
        for (status, kind, media_type, body) in &cases {
            let reply = client.send(request(path, media_type, body.clone())).await;
            reply.assert_problem(*status, kind);
        }
        let not_utf8 = request(path, "application/json", vec![b'{', 0xc3, b'}']);
        client
            .send(not_utf8)
            .await
            .assert_problem(400, "malformed-json");
        let no_object = request(path, "application/json", "[]");
        assert_eq!(client.send(no_object).await.status, 422);
    }
    assert_eq!(client.head().await, head);
}

async fn bad_fields_are_all_named_on_every_route(client: Client) {
    let client = with_an_account(client).await;
    let head = client.head().await;
    let long = "x".repeat(501);
    let cases: Vec<(&str, Value, &[&str])> = vec![
        ("/accounts", json!({}), &["ownerId"]),
        (
            "/accounts",
            json!({ "accountId": "a b", "ownerId": 5, "initialDeposit": -1, "color": "red" }),
            &["accountId", "color", "initialDeposit", "ownerId"],
        ),
        (
            "/accounts",
            json!({ "accountId": "x".repeat(101), "ownerId": "", "initialDeposit": {} }),
            &["accountId", "initialDeposit.value", "ownerId"],
        ),
        ("/accounts/a/deposit", json!({}), &["amount"]),
        ("/accounts/a/withdraw", json!({}), &["amount"]),
        (
            "/accounts/a/deposit",
            json!({ "amount": [], "description": 1, "note": "x" }),
            &["amount", "description", "note"],
        ),
        (
            "/accounts/a/withdraw",
            json!({
                "amount": { "value": "1.005", "currency": "dollars", "unit": 1 },
                "description": long,
            }),
            &[
                "amount.currency",
                "amount.unit",
                "amount.value",
                "description",
            ],
        ),
        (
            "/accounts/a%20b/deposit",
            json!({ "amount": 0, "description": "a\u{0}b" }),
            &["amount", "description", "id"],
        ),
        (
            "/accounts/a/close",
            json!({ "reason": 1, "why": 2 }),
            &["reason", "why"],
        ),
        ("/accounts/a%2Fb/close", json!({}), &["id"]),
    ];
    for (path, body, fields) in cases {
        assert_names(&client.post(path, body).await, fields);
    }
    assert_eq!(client.head().await, head);
}

async fn unfit_amounts_are_refused_on_every_route(client: Client) {
    let client = with_an_account(client).await;
    let head = client.head().await;
    let amounts = [
        "0",
        "0.00",
        "-1",
        "-0.01",
        "1.001",
        "1e2",
        "1E400",
        "1000000000000000",
        "123456789012345678901234567890",
        "\"\"",
        "\"1.2.3\"",
        "\"one\"",
        "\"0x10\"",
        "true",
    ];
    for amount in amounts {
        for path in ["/accounts/a/deposit", "/accounts/a/withdraw"] {
            let body = format!(r#"{{"amount": {amount}}}"#);
            let reply = client.send(request(path, "application/json", body)).await;
            assert_names(&reply, &["amount"]);
        }
        let body = format!(r#"{{"ownerId": "me", "initialDeposit": {amount}}}"#);
        let reply = client
            .send(request("/accounts", "application/json", body))
            .await;
        assert_names(&reply, &["initialDeposit"]);
    }
    assert_eq!(client.head().await, head);
}

async fn bad_headers_of_commands_are_named(client: Client) {
    let client = with_an_account(client).await;
    let head = client.head().await;
    let long = "k".repeat(256);
    let cases = [
        ("idempotency-key", "two words", "Idempotency-Key"),
        ("idempotency-key", "", "Idempotency-Key"),
        ("idempotency-key", long.as_str(), "Idempotency-Key"),
        ("if-match", "3", "If-Match"),
        ("if-match", "W/\"3\"", "If-Match"),
        ("if-match", "\"1\", \"2\"", "If-Match"),
        ("if-match", "\"-1\"", "If-Match"),
    ];
    for (name, value, field) in cases {
        let body = json!({ "amount": 1 });
        let reply = client
            .post_with(&[(name, value)], "/accounts/a/deposit", body)
            .await;
        assert_names(&reply, &[field]);
    }
    assert_eq!(client.head().await, head);
}

async fn bad_parameters_of_queries_are_all_named(client: Client) {
    let client = with_an_account(client).await;
    let cases: [(&str, &[&str]); 16] = [
        (
            "/accounts/a%20b?at=x&version=0&sort=up",
            &["at", "id", "sort", "version"],
        ),
        ("/accounts/a?at=2024-01-15", &["at"]),
        ("/accounts/a?at=2024-01-15T00:00:00Z&version=1", &["at"]),
        ("/accounts/a?minPosition=-1", &["minPosition"]),
        (
            "/accounts/a/history?freshness=old&maxAgeMs=-1",
            &["freshness", "maxAgeMs"],
        ),
        ("/accounts?freshness=current&minPosition=1", &["freshness"]),
        (
            "/accounts?ownerId=a%20b&status=open&limit=0&cursor=x",
            &["cursor", "limit", "ownerId", "status"],
        ),
        ("/accounts?limit=101&page=2", &["limit", "page"]),
        ("/accounts?limit=1&limit=2", &["limit"]),
        (
            "/accounts/a/transactions?limit=ten&cursor=eyJ9",
            &["cursor", "limit"],
        ),
        ("/accounts/%20/transactions", &["id"]),
        (
            "/accounts/a/daily?from=2024-13-01&to=yesterday",
            &["from", "to"],
        ),
        ("/accounts/a/daily?from=2024-03-02&to=2024-03-01", &["from"]),
        ("/accounts/a/history?cursor=&since=1", &["cursor", "since"]),
        ("/accounts/%E2%82%AC/history", &["id"]),
        (
            "/summary?currency=USD&minPosition=x",
            &["currency", "minPosition"],
        ),
    ];
    for (path, fields) in cases {
        let reply = client
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_names(&reply, fields);
    }
}

async fn a_cursor_of_another_collection_is_refused(client: Client) {
    let client = with_an_account(client).await;
    client
        .post("/accounts/a/deposit", json!({ "amount": 1 }))
        .await
        .expect(200);
    let page = client.get("/accounts/a/history?limit=1").await.expect(200);
    let cursor = page["pagination"]["nextCursor"].as_str().unwrap();
    let path = format!("/accounts/a/transactions?cursor={cursor}");
    assert_names(&client.get(&path).await, &["cursor"]);
}

async fn unknown_routes_and_wrong_methods_are_problems(client: Client) {
    let client = with_an_account(client).await;
    client
        .get("/nowhere")
        .await
        .assert_problem(404, "not-found");
    client
        .get("/accounts/a/b/c")
        .await
        .assert_problem(404, "not-found");
    for path in &COMMANDS[1..] {
        client
            .get(path)
            .await
            .assert_problem(405, "method-not-allowed");
    }
    let delete = Request::delete("/accounts/a").body(Body::empty()).unwrap();
    let reply = client.send(delete).await;
    reply.assert_problem(
        StatusCode::METHOD_NOT_ALLOWED.as_u16(),
        "method-not-allowed",
    );
    assert_eq!(reply.header("allow"), "GET,HEAD");
}
