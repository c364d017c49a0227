//! `--seed-demo`: products to look at, which are not put back once somebody took them away.

use annals_reference::demo;
use serde_json::json;

use crate::client::Client;
use crate::each_store::on_each_store;

on_each_store![
    seeding_again_brings_nothing_back,
    a_key_that_somebody_used_before_is_no_hindrance,
];

async fn seeding_again_brings_nothing_back(client: Client) {
    demo::seed(&client.bank).await.unwrap();
    assert_eq!(
        client.get("/products?q=tea").await.ids(),
        ["demo-kettle", "demo-mug"]
    );
    let removed = client.send("DELETE", "/products/demo-mug", &[], json!({}));
    assert_eq!(removed.await.status, 204);
    demo::seed(&client.bank).await.unwrap();
    assert_eq!(client.get("/products?q=tea").await.ids(), ["demo-kettle"]);
}

async fn a_key_that_somebody_used_before_is_no_hindrance(client: Client) {
    let other = json!({ "categoryId": "hats", "name": "Hats" });
    let key = [("idempotency-key", "demo-kitchen")];
    let added = client.send("POST", "/categories", &key, other).await;
    added.expect(201);
    demo::seed(&client.bank).await.unwrap();
    assert_eq!(client.get("/products?q=lamp").await.ids(), ["demo-lamp"]);
}
