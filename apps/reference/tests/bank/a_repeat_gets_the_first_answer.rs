//! Idempotency keys: a repeat appends nothing and gets the first answer, also a refusal.

use serde_json::json;

use crate::client::{Client, usd};
use crate::each_store::on_each_store;

on_each_store![
    a_repeated_deposit_is_paid_once,
    a_repeated_opening_without_an_id_opens_one_account,
    a_repeated_refusal_stays_a_refusal,
    a_key_used_for_another_request_is_refused,
    sixty_four_twins_at_once_pay_once,
];

const KEY: &[(&str, &str)] = &[("idempotency-key", "k-1")];

async fn a_repeated_deposit_is_paid_once(client: Client) {
    client
        .post("/accounts", json!({ "accountId": "a", "ownerId": "me" }))
        .await
        .expect(201);
    let path = "/accounts/a/deposit";
    let first = client.post_with(KEY, path, json!({ "amount": 5 })).await;
    client.post(path, json!({ "amount": 1 })).await.expect(200);
    let head = client.head().await;
    client.clock.advance(std::time::Duration::from_secs(60));

    let again = client.post_with(KEY, path, json!({ "amount": 5 })).await;
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(
        again.header("annals-position"),
        first.header("annals-position")
    );
    assert_eq!(again.expect(200), first.expect(200));
    assert_eq!(client.head().await, head);
    assert_eq!(
        client.get("/accounts/a").await.expect(200)["balance"],
        usd("6.00")
    );
}

async fn a_repeated_opening_without_an_id_opens_one_account(client: Client) {
    let open = json!({ "ownerId": "me", "initialDeposit": 5 });
    let first = client
        .post_with(KEY, "/accounts", open.clone())
        .await
        .expect(201);
    let again = client.post_with(KEY, "/accounts", open).await.expect(201);
    assert_eq!(first, again);
    assert_eq!(client.head().await, 2);
}

async fn a_repeated_refusal_stays_a_refusal(client: Client) {
    let open = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": 5 });
    client.post("/accounts", open).await.expect(201);
    let path = "/accounts/a/withdraw";
    let first = client.post_with(KEY, path, json!({ "amount": 6 })).await;
    first.assert_problem(422, "insufficient-funds");
    client
        .post("/accounts/a/deposit", json!({ "amount": 100 }))
        .await
        .expect(200);
    let head = client.head().await;

    let again = client.post_with(KEY, path, json!({ "amount": 6 })).await;
    again.assert_problem(422, "insufficient-funds");
    assert_eq!(again.body, first.body);
    assert_eq!(client.head().await, head);
    assert_eq!(
        client.get("/accounts/a").await.expect(200)["balance"],
        usd("105.00")
    );
}

async fn a_key_used_for_another_request_is_refused(client: Client) {
    let open = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": 5 });
    client.post("/accounts", open).await.expect(201);
    client
        .post_with(KEY, "/accounts/a/deposit", json!({ "amount": 5 }))
        .await
        .expect(200);
    let head = client.head().await;

    let other_body = client
        .post_with(KEY, "/accounts/a/deposit", json!({ "amount": 6 }))
        .await;
    other_body.assert_problem(422, "idempotency-key-reused");
    let other_route = client
        .post_with(KEY, "/accounts/a/withdraw", json!({ "amount": 5 }))
        .await;
    other_route.assert_problem(422, "idempotency-key-reused");
    assert_eq!(client.head().await, head);
}

async fn sixty_four_twins_at_once_pay_once(client: Client) {
    let client = std::sync::Arc::new(client);
    client
        .post("/accounts", json!({ "accountId": "a", "ownerId": "me" }))
        .await
        .expect(201);
    let twins: Vec<_> = (0..64)
        .map(|_| {
            let client = std::sync::Arc::clone(&client);
            tokio::spawn(async move {
                let path = "/accounts/a/deposit";
                client
                    .post_with(KEY, path, json!({ "amount": 5 }))
                    .await
                    .expect(200)
            })
        })
        .collect();
    for twin in twins {
        assert_eq!(twin.await.unwrap()["newBalance"], usd("5.00"));
    }
    assert_eq!(client.head().await, 2);
}
