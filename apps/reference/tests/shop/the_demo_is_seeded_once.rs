//! `--seed-demo`: products to look at, which are not put back once somebody took them away.

use annals_reference::demo;
use serde_json::json;

use crate::client::{Client, on_each_store};

on_each_store![seeding_again_brings_nothing_back];

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
