//! What an order refuses, and how that is told.

use serde_json::json;

use crate::shop::{Shop, on_each_store, usd};

on_each_store![
    rules_of_an_order_are_problems,
    all_bad_fields_are_named_at_once,
    a_price_of_the_client_is_not_even_read,
    a_version_that_is_not_there_changes_nothing,
    an_order_that_is_not_there_takes_no_command,
];

async fn rules_of_an_order_are_problems(shop: Shop) {
    shop.stock("mug", "5.00", 10).await;
    shop.draft("o-1", &[]).await;
    let new = json!({ "orderId": "o-1", "userId": "u-1" });
    shop.post("/orders", new)
        .await
        .assert_problem(409, "order-exists");
    shop.command("o-1", "submit")
        .await
        .assert_problem(422, "order-empty");
    let pen = json!({ "productId": "pen", "quantity": 1 });
    let unknown = shop.post("/orders/o-1/items", pen).await;
    unknown.assert_problem(422, "unknown-product");
    let gone = shop.delete("/orders/o-1/items/mug").await;
    gone.assert_problem(404, "no-such-item");
    shop.pay("o-1", "acc-1")
        .await
        .assert_problem(404, "not-found");
    shop.open_account("acc-1", "100.00").await;
    let unsubmitted = shop.pay("o-1", "acc-1").await;
    unsubmitted.assert_problem(409, "order-status");
    assert_eq!(unsubmitted.body["orderStatus"], "draft");
    for command in ["ship", "deliver"] {
        let early = shop.command("o-1", command).await;
        early.assert_problem(409, "order-status");
    }
    let mug = json!({ "productId": "mug", "quantity": 10_000 });
    shop.post("/orders/o-1/items", mug.clone())
        .await
        .expect(200);
    let more = shop.post("/orders/o-1/items", mug.clone()).await;
    more.assert_problem(422, "order-limit");
    shop.command("o-1", "submit").await.expect(200);
    let late = shop.post("/orders/o-1/items", mug).await;
    late.assert_problem(409, "order-status");
}

async fn all_bad_fields_are_named_at_once(shop: Shop) {
    let bad = json!({ "orderId": "", "userId": "no spaces", "total": 1 });
    let refused = shop.post("/orders", bad).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.bad_fields(), ["orderId", "total", "userId"]);
    for quantity in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("1"),
        json!(10_001),
        json!(null),
    ] {
        let item = json!({ "productId": "/", "quantity": quantity });
        let refused = shop.post("/orders/o-1/items", item).await;
        assert_eq!(
            refused.bad_fields(),
            ["productId", "quantity"],
            "{quantity}"
        );
    }
    let refused = shop.get("/orders?status=lost&userId=%20&limit=0").await;
    assert_eq!(refused.bad_fields(), ["limit", "status", "userId"]);
}

async fn a_price_of_the_client_is_not_even_read(shop: Shop) {
    shop.stock("mug", "5.00", 10).await;
    shop.draft("o-1", &[]).await;
    let item = json!({ "productId": "mug", "quantity": 1, "unitPrice": "0.01" });
    let refused = shop.post("/orders/o-1/items", item).await;
    assert_eq!(
        (refused.status, refused.bad_fields()),
        (422, vec!["unitPrice"])
    );
    let item = json!({ "productId": "mug", "quantity": 1 });
    let added = shop.post("/orders/o-1/items", item).await.expect(200);
    assert_eq!(added["total"], usd("5.00"));
}

async fn a_version_that_is_not_there_changes_nothing(shop: Shop) {
    shop.stock("mug", "5.00", 10).await;
    shop.draft("o-1", &[]).await;
    let item = json!({ "productId": "mug", "quantity": 1 });
    let stale = [("if-match", "\"7\"")];
    let refused = shop
        .post_with(&stale, "/orders/o-1/items", item.clone())
        .await;
    refused.assert_problem(412, "version-mismatch");
    let current = [("if-match", "\"1\"")];
    let added = shop.post_with(&current, "/orders/o-1/items", item).await;
    assert_eq!(added.expect(200)["version"], 2);
}

async fn an_order_that_is_not_there_takes_no_command(shop: Shop) {
    shop.open_account("acc-1", "1.00").await;
    for command in ["submit", "ship", "deliver", "cancel"] {
        let refused = shop.command("o-1", command).await;
        refused.assert_problem(404, "not-found");
    }
    shop.pay("o-1", "acc-1")
        .await
        .assert_problem(404, "not-found");
    shop.get("/orders/o-1")
        .await
        .assert_problem(404, "not-found");
}
