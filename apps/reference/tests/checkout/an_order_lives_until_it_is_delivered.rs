//! From the first item to the door, and what can be seen of it on the way.

use serde_json::json;

use crate::shop::{Shop, on_each_store, usd};

on_each_store![
    an_order_is_filled_submitted_paid_sent_and_delivered,
    orders_are_listed_by_user_and_status_page_by_page,
    an_order_without_an_id_gets_one_of_its_key,
];

async fn an_order_is_filled_submitted_paid_sent_and_delivered(shop: Shop) {
    shop.stock("mug", "5.00", 10).await;
    shop.stock("hat", "20.00", 3).await;
    shop.open_account("acc-1", "100.00").await;
    let new = json!({ "orderId": "o-1", "userId": "u-1" });
    let created = shop.post("/orders", new).await;
    assert_eq!(created.header("location"), "/orders/o-1");
    assert_eq!(created.header("etag"), "\"1\"");
    created.expect(201);

    for (product, quantity) in [("mug", 2), ("hat", 1), ("mug", 1)] {
        let item = json!({ "productId": product, "quantity": quantity });
        shop.post("/orders/o-1/items", item).await.expect(200);
    }
    let removed = shop.delete("/orders/o-1/items/hat").await.expect(200);
    let mugs = json!({ "productId": "mug", "quantity": 3, "unitPrice": usd("5.00"), "total": usd("15.00") });
    let expected = json!({
        "orderId": "o-1", "status": "draft", "items": [mugs], "total": usd("15.00"), "version": 5,
    });
    assert_eq!(removed, expected);

    let submitted = shop.command("o-1", "submit").await.expect(200);
    assert_eq!(submitted["status"], "pending");
    let asked = shop.pay("o-1", "acc-1").await;
    assert_eq!(asked.header("location"), "/orders/o-1");
    assert_eq!(asked.expect(202)["status"], "pending");
    let checkout = shop.ended("checkout", "o-1").await;
    assert_eq!(checkout.status, "completed");

    let order = shop.order("o-1").await;
    let told = (&order["status"], &order["accountId"], &order["reason"]);
    assert_eq!(told, (&json!("paid"), &json!("acc-1"), &json!(null)));
    assert_eq!(
        (&order["items"], &order["total"]),
        (&json!([mugs]), &usd("15.00"))
    );
    assert_eq!(shop.balance("acc-1").await, "85.00");
    assert_eq!((shop.left("mug").await, shop.left("hat").await), (7, 3));

    assert_eq!(
        shop.command("o-1", "ship").await.expect(200)["status"],
        "shipped"
    );
    let delivered = shop.command("o-1", "deliver").await.expect(200);
    assert_eq!(delivered["status"], "delivered");
    assert_eq!(shop.ended("give_back", "o-1").await.status, "completed");
    assert_eq!(shop.balance("acc-1").await, "85.00");
}

async fn orders_are_listed_by_user_and_status_page_by_page(shop: Shop) {
    shop.stock("mug", "5.00", 10).await;
    for order in ["o-1", "o-2", "o-3"] {
        shop.draft(order, &[("mug", 1)]).await;
    }
    shop.command("o-2", "submit").await.expect(200);
    let other = json!({ "orderId": "o-4", "userId": "u-2" });
    shop.post("/orders", other).await.expect(201);

    let ids = |page: &serde_json::Value| {
        let data = page["data"].as_array().unwrap().iter();
        let ids: Vec<_> = data
            .map(|it| it["orderId"].as_str().unwrap().to_owned())
            .collect();
        ids
    };
    let of_user = shop
        .get("/orders?userId=u-1&status=draft")
        .await
        .expect(200);
    assert_eq!(ids(&of_user), ["o-1", "o-3"]);
    let first = shop.get("/orders?limit=3").await.expect(200);
    assert_eq!(ids(&first), ["o-1", "o-2", "o-3"]);
    let cursor = first["pagination"]["nextCursor"].as_str().unwrap();
    let second = shop
        .get(&format!("/orders?limit=3&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(ids(&second), ["o-4"]);
    assert_eq!(second["data"][0]["total"], usd("0.00"));
}

async fn an_order_without_an_id_gets_one_of_its_key(shop: Shop) {
    let key = [("idempotency-key", "once")];
    let new = json!({ "userId": "u-1" });
    let first = shop
        .post_with(&key, "/orders", new.clone())
        .await
        .expect(201);
    let again = shop
        .post_with(&key, "/orders", new.clone())
        .await
        .expect(201);
    assert_eq!(first, again);
    let other = shop.post("/orders", new).await.expect(201);
    assert_ne!(first["orderId"], other["orderId"]);
}
