//! A checkout that fails has taken nothing, cancels the order, and says why.

use std::time::Duration;

use serde_json::json;

use crate::shop::{Shop, on_each_store};

on_each_store![
    what_is_out_of_stock_is_named_with_what_is_left,
    insufficient_funds_are_told_and_the_stock_is_back,
    a_closed_account_pays_nothing,
    an_account_in_another_currency_pays_nothing,
    one_that_takes_too_long_is_undone,
];

async fn what_is_out_of_stock_is_named_with_what_is_left(shop: Shop) {
    shop.stock("mug", "5.00", 1).await;
    shop.stock("hat", "20.00", 3).await;
    shop.open_account("acc-1", "100.00").await;
    shop.submit("o-1", &[("mug", 2), ("hat", 1)]).await;
    let order = shop.paid("o-1", "acc-1").await;
    assert_eq!(order["status"], "cancelled");
    assert_eq!(
        order["reason"],
        "not enough in stock: mug (2 ordered, 1 left)"
    );
    assert_eq!((shop.left("mug").await, shop.left("hat").await), (1, 3));
    assert_eq!(shop.balance("acc-1").await, "100.00");
}

async fn insufficient_funds_are_told_and_the_stock_is_back(shop: Shop) {
    shop.stock("mug", "5.00", 10).await;
    shop.open_account("acc-1", "9.99").await;
    shop.submit("o-1", &[("mug", 2)]).await;
    let order = shop.paid("o-1", "acc-1").await;
    assert_eq!(order["status"], "cancelled");
    assert_eq!(order["reason"], "insufficient funds");
    assert_eq!(shop.left("mug").await, 10);
    assert_eq!(shop.balance("acc-1").await, "9.99");
    let checkout = shop.ended("checkout", "o-1").await;
    assert_eq!(checkout.status, "compensated");
}

async fn a_closed_account_pays_nothing(shop: Shop) {
    shop.stock("mug", "5.00", 10).await;
    let account = json!({ "accountId": "acc-1", "ownerId": "me" });
    shop.post("/accounts", account).await.expect(201);
    shop.post("/accounts/acc-1/close", json!({}))
        .await
        .expect(200);
    shop.submit("o-1", &[("mug", 2)]).await;
    let order = shop.paid("o-1", "acc-1").await;
    assert_eq!(order["status"], "cancelled");
    assert_eq!(order["reason"], "the account is closed");
    assert_eq!(shop.left("mug").await, 10);
}

async fn an_account_in_another_currency_pays_nothing(shop: Shop) {
    shop.stock("mug", "5.00", 10).await;
    let deposit = json!({ "value": "100.00", "currency": "CZK" });
    let account = json!({ "accountId": "acc-1", "ownerId": "me", "initialDeposit": deposit });
    shop.post("/accounts", account).await.expect(201);
    shop.submit("o-1", &[("mug", 2)]).await;
    let order = shop.paid("o-1", "acc-1").await;
    assert_eq!(order["reason"], "the account is kept in CZK, not in USD");
    assert_eq!(shop.balance("acc-1").await, "100.00");
}

async fn one_that_takes_too_long_is_undone(shop: Shop) {
    let shop = shop.with_checkout_timeout(Duration::ZERO);
    shop.stock("mug", "5.00", 10).await;
    shop.open_account("acc-1", "100.00").await;
    shop.submit("o-1", &[("mug", 2)]).await;
    let order = shop.paid("o-1", "acc-1").await;
    assert_eq!(order["status"], "cancelled");
    assert_eq!(order["reason"], "the payment took too long");
    assert_eq!(shop.left("mug").await, 10);
    assert_eq!(shop.balance("acc-1").await, "100.00");
}
