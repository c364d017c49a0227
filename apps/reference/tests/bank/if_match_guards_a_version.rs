//! `If-Match`: a command that is carried out only on the version its sender saw.

use serde_json::json;

use crate::client::Client;
use crate::each_store::on_each_store;

on_each_store![
    a_command_on_the_version_that_was_seen_is_carried_out_once,
    a_star_matches_any_account_that_is_there,
];

async fn a_command_on_the_version_that_was_seen_is_carried_out_once(client: Client) {
    let open = json!({ "accountId": "a", "ownerId": "me", "initialDeposit": 5 });
    client.post("/accounts", open).await.expect(201);
    let seen = client.get("/accounts/a").await.header("etag").to_owned();

    let (path, headers) = ("/accounts/a/deposit", [("if-match", seen.as_str())]);
    client
        .post_with(&headers, path, json!({ "amount": 1 }))
        .await
        .expect(200);
    let late = client
        .post_with(&headers, path, json!({ "amount": 1 }))
        .await;
    late.assert_problem(412, "version-mismatch");
    assert_eq!(late.body["version"], 3);
    assert_eq!(client.head().await, 3);
}

async fn a_star_matches_any_account_that_is_there(client: Client) {
    client
        .post("/accounts", json!({ "accountId": "a", "ownerId": "me" }))
        .await
        .expect(201);
    let any = [("if-match", "*")];
    let there = client
        .post_with(&any, "/accounts/a/deposit", json!({ "amount": 1 }))
        .await;
    there.expect(200);
    let nobody = client
        .post_with(&any, "/accounts/b/deposit", json!({ "amount": 1 }))
        .await;
    nobody.assert_problem(412, "version-mismatch");
}
