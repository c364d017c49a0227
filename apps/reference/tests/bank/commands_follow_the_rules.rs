//! Opening, paying in, paying out, closing: each route, its answer and its rules.

use serde_json::json;

use crate::client::{Client, usd};
use crate::each_store::on_each_store;

on_each_store![
    an_account_lives_from_opening_to_closing,
    an_account_without_an_id_gets_one,
    each_broken_rule_is_a_problem_of_its_own,
    ids_that_hold_separators_work_everywhere,
];

async fn an_account_lives_from_opening_to_closing(client: Client) {
    let application = json!({ "accountId": "acc-123", "ownerId": "me", "initialDeposit": "50.00" });
    let opened = client.post("/accounts", application).await;
    assert_eq!(opened.header("location"), "/accounts/acc-123");
    assert_eq!(opened.header("etag"), "\"2\"");
    assert_eq!(opened.header("annals-position"), "2");
    let expected = json!({ "accountId": "acc-123", "balance": usd("50.00"), "version": 2 });
    assert_eq!(opened.expect(201), expected);

    let payment = json!({ "amount": usd("25.50"), "description": "wages" });
    let deposited = client.post("/accounts/acc-123/deposit", payment).await;
    assert_eq!(deposited.header("etag"), "\"3\"");
    assert_eq!(deposited.header("annals-position"), "3");
    let expected = json!({ "accountId": "acc-123", "newBalance": usd("75.50"), "version": 3 });
    assert_eq!(deposited.expect(200), expected);

    let withdrawn = client
        .post("/accounts/acc-123/withdraw", json!({ "amount": 75.5 }))
        .await;
    let expected = json!({ "accountId": "acc-123", "newBalance": usd("0.00"), "version": 4 });
    assert_eq!(withdrawn.expect(200), expected);

    let closed = client
        .post("/accounts/acc-123/close", json!({ "reason": "moving" }))
        .await;
    assert_eq!(closed.header("etag"), "\"5\"");
    assert_eq!(
        closed.expect(200),
        json!({ "accountId": "acc-123", "status": "closed" })
    );
}

async fn an_account_without_an_id_gets_one(client: Client) {
    let first = client
        .post("/accounts", json!({ "ownerId": "me" }))
        .await
        .expect(201);
    let second = client
        .post("/accounts", json!({ "ownerId": "me" }))
        .await
        .expect(201);
    assert_ne!(first["accountId"], second["accountId"]);
    assert_eq!(first["balance"], usd("0.00"));
    let path = format!("/accounts/{}", first["accountId"].as_str().unwrap());
    client.get(&path).await.expect(200);
}

async fn each_broken_rule_is_a_problem_of_its_own(client: Client) {
    let open = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": 10 });
    client.post("/accounts", open.clone()).await.expect(201);
    let head = client.head().await;

    client
        .post("/accounts", open)
        .await
        .assert_problem(409, "account-exists");
    let nobody = client
        .post("/accounts/b/deposit", json!({ "amount": 1 }))
        .await;
    nobody.assert_problem(404, "not-found");
    let too_much = client
        .post("/accounts/a/withdraw", json!({ "amount": "10.01" }))
        .await;
    too_much.assert_problem(422, "insufficient-funds");
    assert_eq!(too_much.body["balance"], usd("10.00"));
    let crowns = json!({ "amount": { "value": "1", "currency": "CZK" } });
    let other = client.post("/accounts/a/deposit", crowns).await;
    other.assert_problem(422, "currency-mismatch");
    let limit = json!({ "amount": "999999999999999.99" });
    let beyond = client.post("/accounts/a/deposit", limit).await;
    beyond.assert_problem(422, "balance-limit");
    let money_left = client.post("/accounts/a/close", json!({})).await;
    money_left.assert_problem(422, "balance-not-zero");
    assert_eq!(
        client.head().await,
        head,
        "a refusal without a key leaves no trace"
    );

    client
        .post("/accounts/a/withdraw", json!({ "amount": 10 }))
        .await
        .expect(200);
    client
        .post("/accounts/a/close", json!({}))
        .await
        .expect(200);
    for path in [
        "/accounts/a/close",
        "/accounts/a/deposit",
        "/accounts/a/withdraw",
    ] {
        let body = match path {
            "/accounts/a/close" => json!({}),
            _ => json!({ "amount": 1 }),
        };
        client
            .post(path, body)
            .await
            .assert_problem(409, "account-closed");
    }
}

async fn ids_that_hold_separators_work_everywhere(client: Client) {
    for id in ["acc-123", "a:b.c_-d", "-", "x-y-z"] {
        let open = json!({ "accountId": id, "ownerId": "o-1", "initialDeposit": "1.00" });
        client.post("/accounts", open).await.expect(201);
        client
            .post(&format!("/accounts/{id}/deposit"), json!({ "amount": 2 }))
            .await
            .expect(200);
        let account = client.get(&format!("/accounts/{id}")).await.expect(200);
        assert_eq!(
            (&account["accountId"], &account["balance"]),
            (&json!(id), &usd("3.00"))
        );
        for list in ["transactions", "daily", "history"] {
            let rows = client
                .get(&format!("/accounts/{id}/{list}"))
                .await
                .expect(200);
            assert!(
                !rows["data"].as_array().unwrap().is_empty(),
                "{list} of {id}"
            );
        }
    }
    let all = client.get("/accounts?ownerId=o-1").await.expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 4);
}
