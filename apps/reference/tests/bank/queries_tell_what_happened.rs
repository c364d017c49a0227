//! Every query: what it answers, how it pages, and that it waits for what the caller wrote.

use std::time::Duration;

use annals::http::MIN_POSITION;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::client::{Client, usd};
use crate::each_store::on_each_store;

on_each_store![
    an_account_is_shown_as_it_is,
    an_account_is_shown_as_it_was,
    a_moment_is_inclusive_and_is_the_one_that_answers_tell,
    accounts_are_listed_by_owner_and_status,
    transactions_come_newest_first_with_the_balance_after_each,
    paging_newest_first_neither_repeats_nor_skips_while_payments_arrive,
    days_sum_up_payments,
    history_tells_who_and_as_part_of_what,
    history_is_paged_oldest_first,
    the_summary_agrees_with_the_accounts,
    health_is_ready_once_projections_have_caught_up,
];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Accounts `a` (open, 30.00) and `b` (closed) of `me`, over three days from 2024-03-01.
async fn three_days(client: Client) -> Client {
    let open = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": "50.00" });
    client.post("/accounts", open).await.expect(201);
    client
        .post("/accounts", json!({ "accountId": "b", "ownerId": "me" }))
        .await
        .expect(201);
    client.clock.advance(DAY);
    let rent = json!({ "amount": "25.00", "description": "rent" });
    client.post("/accounts/a/withdraw", rent).await.expect(200);
    client
        .post("/accounts/b/close", json!({ "reason": "unused" }))
        .await
        .expect(200);
    client.clock.advance(DAY);
    client
        .post("/accounts/a/deposit", json!({ "amount": "5.00" }))
        .await
        .expect(200);
    client
}

/// A member of every row of a page.
fn each(page: &Value, member: &str) -> Vec<Value> {
    let rows = page["data"].as_array().unwrap();
    rows.iter().map(|row| row[member].clone()).collect()
}

async fn an_account_is_shown_as_it_is(client: Client) {
    let client = three_days(client).await;
    let reply = client.get("/accounts/a").await;
    assert_eq!(reply.header("etag"), "\"4\"");
    assert_eq!(
        reply.header("annals-position"),
        client.head().await.to_string()
    );
    let expected = json!({
        "accountId": "a", "ownerId": "me", "balance": usd("30.00"), "status": "active",
        "openedAt": "2024-03-01T12:00:00Z", "updatedAt": "2024-03-03T12:00:00Z", "version": 4,
    });
    assert_eq!(reply.expect(200), expected);
    assert_eq!(
        client.get("/accounts/b").await.expect(200)["status"],
        "closed"
    );
    client
        .get("/accounts/c")
        .await
        .assert_problem(404, "not-found");
}

async fn an_account_is_shown_as_it_was(client: Client) {
    let client = three_days(client).await;
    let first = client.get("/accounts/a?version=2").await.expect(200);
    assert_eq!(first["balance"], usd("50.00"));
    assert_eq!(first["updatedAt"], "2024-03-01T12:00:00Z");
    let third = client.get("/accounts/a?version=3").await;
    assert_eq!(third.header("etag"), "\"3\"");
    assert_eq!(third.expect(200)["balance"], usd("25.00"));
    client
        .get("/accounts/a?version=5")
        .await
        .assert_problem(404, "not-found");
    client
        .get("/accounts/c?version=1")
        .await
        .assert_problem(404, "not-found");
}

async fn a_moment_is_inclusive_and_is_the_one_that_answers_tell(client: Client) {
    let client = three_days(client).await;
    for (moment, version) in [
        ("2024-03-01T12:00:00Z", 2),
        ("2024-03-02T11:59:59Z", 2),
        ("2024-03-02T12:00:00Z", 3),
        ("2024-03-03T12:00:00Z", 4),
    ] {
        let then = client.get(&format!("/accounts/a?at={moment}")).await;
        assert_eq!(then.expect(200)["version"], version, "{moment}");
    }
    let before = client.get("/accounts/a?at=2020-01-01T00:00:00Z").await;
    before.assert_problem(404, "not-found");
    let after = client
        .get("/accounts/a?at=9999-01-01T00:00:00%2B02:00")
        .await
        .expect(200);
    assert_eq!(after["version"], 4);
}

async fn accounts_are_listed_by_owner_and_status(client: Client) {
    let client = three_days(client).await;
    client
        .post("/accounts", json!({ "accountId": "c", "ownerId": "you" }))
        .await
        .expect(201);
    let ids = async |path: &str| each(&client.get(path).await.expect(200), "accountId");
    assert_eq!(ids("/accounts").await, ["a", "b", "c"]);
    assert_eq!(ids("/accounts?ownerId=me").await, ["a", "b"]);
    assert_eq!(ids("/accounts?ownerId=me&status=active").await, ["a"]);
    assert_eq!(ids("/accounts?status=closed").await, ["b"]);
    assert!(ids("/accounts?ownerId=nobody").await.is_empty());
    assert_eq!(
        pages(&client, "/accounts?limit=1", "accountId").await,
        ["a", "b", "c"]
    );
}

async fn transactions_come_newest_first_with_the_balance_after_each(client: Client) {
    let client = three_days(client).await;
    let page = client.get("/accounts/a/transactions").await.expect(200);
    assert_eq!(each(&page, "type"), ["deposit", "withdrawal", "deposit"]);
    assert_eq!(
        each(&page, "balanceAfter"),
        [usd("30.00"), usd("25.00"), usd("50.00")]
    );
    let rent = json!({
        "type": "withdrawal", "amount": usd("25.00"), "description": "rent", "reference": null,
        "balanceAfter": usd("25.00"), "timestamp": "2024-03-02T12:00:00Z", "version": 3,
    });
    assert_eq!(page["data"][1], rent);
    let expected = json!({ "nextCursor": null, "hasMore": false });
    assert_eq!(page["pagination"], expected);
    assert_eq!(
        pages(&client, "/accounts/a/transactions?limit=1", "version").await,
        [4, 3, 2]
    );
    client
        .get("/accounts/c/transactions")
        .await
        .assert_problem(404, "not-found");
}

async fn paging_newest_first_neither_repeats_nor_skips_while_payments_arrive(client: Client) {
    let client = three_days(client).await;
    let mut path = "/accounts/a/transactions?limit=1".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = client.get(&path).await.expect(200);
        seen.extend(each(&page, "version"));
        client
            .post("/accounts/a/deposit", json!({ "amount": 1 }))
            .await
            .expect(200);
        let Some(cursor) = page["pagination"]["nextCursor"].as_str() else {
            break;
        };
        path = format!("/accounts/a/transactions?limit=1&cursor={cursor}");
    }
    assert_eq!(seen, [4, 3, 2]);
}

async fn days_sum_up_payments(client: Client) {
    let client = three_days(client).await;
    let days = client.get("/accounts/a/daily").await.expect(200);
    assert_eq!(
        each(&days, "date"),
        ["2024-03-01", "2024-03-02", "2024-03-03"]
    );
    let second = json!({
        "date": "2024-03-02",
        "deposits": { "count": 0, "total": usd("0.00") },
        "withdrawals": { "count": 1, "total": usd("25.00") },
    });
    assert_eq!(days["data"][1], second);
    let from = client
        .get("/accounts/a/daily?from=2024-03-02")
        .await
        .expect(200);
    assert_eq!(each(&from, "date"), ["2024-03-02", "2024-03-03"]);
    let within = client
        .get("/accounts/a/daily?from=2024-03-02&to=2024-03-02")
        .await
        .expect(200);
    assert_eq!(each(&within, "date"), ["2024-03-02"]);
    let paged = pages(&client, "/accounts/a/daily?limit=1", "date").await;
    assert_eq!(paged, ["2024-03-01", "2024-03-02", "2024-03-03"]);
    client
        .get("/accounts/c/daily")
        .await
        .assert_problem(404, "not-found");
}

async fn history_tells_who_and_as_part_of_what(client: Client) {
    let headers = [
        ("x-request-id", "r-1"),
        (
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ),
    ];
    let open = json!({ "accountId": "a", "ownerId": "me" });
    client
        .post_with(&headers, "/accounts", open)
        .await
        .expect(201);
    let page = client.get("/accounts/a/history").await.expect(200);
    let event = &page["data"][0];
    assert_eq!(event["type"], "AccountOpened");
    let data = json!({ "accountId": "a", "ownerId": "me", "openedAt": "2024-03-01T12:00:00Z" });
    assert_eq!(event["data"], data);
    assert_eq!(
        (&event["version"], &event["position"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(event["actor"], "anonymous");
    assert_eq!(event["correlationId"], "r-1");
    assert_eq!(event["causationId"], "r-1");
    assert_eq!(event["traceParent"], headers[1].1);
    client
        .get("/accounts/b/history")
        .await
        .assert_problem(404, "not-found");
}

async fn history_is_paged_oldest_first(client: Client) {
    let client = three_days(client).await;
    let paged = pages(&client, "/accounts/a/history?limit=1", "version").await;
    assert_eq!(paged, [1, 2, 3, 4]);
}

async fn the_summary_agrees_with_the_accounts(client: Client) {
    let client = three_days(client).await;
    let crowns = json!({ "value": "100.01", "currency": "CZK" });
    let open = json!({ "accountId": "c", "ownerId": "you", "initialDeposit": crowns });
    client.post("/accounts", open).await.expect(201);
    client
        .post("/accounts", json!({ "accountId": "d", "ownerId": "you" }))
        .await
        .expect(201);
    let summary = client.get("/summary").await.expect(200);
    let expected = json!({
        "accounts": { "total": 4, "active": 3, "closed": 1 },
        "currencies": [
            {
                "currency": "CZK",
                "accounts": { "total": 1, "active": 1, "closed": 0 },
                "totalBalance": crowns, "averageBalance": crowns,
            },
            {
                "currency": "USD",
                "accounts": { "total": 3, "active": 2, "closed": 1 },
                "totalBalance": usd("30.00"), "averageBalance": usd("15.00"),
            },
        ],
    });
    assert_eq!(summary, expected);
}

#[tokio::test]
async fn a_query_waits_for_a_position_and_says_how_far_it_came() {
    let client = three_days(Client::in_memory().await).await;
    let head = client.head().await;
    // All that takes time is done; now the wait for a position that never comes costs none.
    client.get("/accounts/a").await.expect(200);
    tokio::time::pause();
    for path in [
        "/accounts/a",
        "/accounts",
        "/summary",
        "/accounts/a/history",
    ] {
        let in_query = Request::get(format!("{path}?minPosition={}", head + 1));
        let in_header = Request::get(path).header(MIN_POSITION, (head + 1).to_string());
        for request in [in_query, in_header] {
            let reply = client.send(request.body(Body::empty()).unwrap()).await;
            reply.assert_problem(503, "not-fresh-enough");
            assert_eq!(reply.header("retry-after"), "1");
            assert_eq!(reply.body["position"], head);
        }
    }
}

async fn health_is_ready_once_projections_have_caught_up(client: Client) {
    let client = three_days(client).await;
    client.get("/summary").await.expect(200);
    assert_eq!(
        client.get("/health/live").await.expect(200)["status"],
        "alive"
    );
    client.get("/accounts/a").await.expect(200);
    let ready = client.get("/health/ready").await.expect(200);
    assert_eq!(ready["store"], "working");
    assert_eq!(ready["projections"][0]["upToDate"], true);
    client.bank.stop().await;
    let stopped = client.get("/health/ready").await.expect(503);
    let projections = stopped["projections"].as_array().unwrap();
    assert_eq!(
        projections.len(),
        client.bank.annals().projections().count()
    );
    assert_eq!(stopped["projections"][0]["status"], "stopped");
    assert_eq!(stopped["projections"][0]["upToDate"], false);
}

/// A member of every row of every page, following the cursor.
async fn pages(client: &Client, path: &str, member: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut next = path.to_owned();
    loop {
        let page = client.get(&next).await.expect(200);
        seen.extend(each(&page, member));
        let Some(cursor) = page["pagination"]["nextCursor"].as_str() else {
            return seen;
        };
        next = format!("{path}&cursor={cursor}");
    }
}
