//! However often somebody asks to pay an order, it is paid once.

use serde_json::json;
use tokio::task::JoinSet;

use crate::shop::{Shop, on_each_store};

on_each_store![
    of_those_who_pay_at_once_one_does,
    a_repeat_with_its_key_gets_the_first_answer,
    what_ended_is_not_paid_again,
];

async fn shop_with_an_order(shop: &Shop) {
    shop.stock("mug", "5.00", 10).await;
    shop.open_account("acc-1", "100.00").await;
    shop.submit("o-1", &[("mug", 2)]).await;
}

async fn of_those_who_pay_at_once_one_does(shop: Shop) {
    shop_with_an_order(&shop).await;
    let mut payers = JoinSet::new();
    for _ in 0..8 {
        let shop = shop.clone();
        payers.spawn(async move { shop.pay("o-1", "acc-1").await.status });
    }
    let mut answers = payers.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers, [202, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(shop.ended("checkout", "o-1").await.status, "completed");
    assert_eq!(shop.balance("acc-1").await, "90.00");
    assert_eq!(shop.left("mug").await, 8);
}

async fn a_repeat_with_its_key_gets_the_first_answer(shop: Shop) {
    shop_with_an_order(&shop).await;
    let payment = json!({ "accountId": "acc-1" });
    let key = [("idempotency-key", "pay-o-1")];
    let first = shop
        .post_with(&key, "/orders/o-1/pay", payment.clone())
        .await;
    let first = first.expect(202);
    shop.ended("checkout", "o-1").await;
    let again = shop.post_with(&key, "/orders/o-1/pay", payment).await;
    assert_eq!(again.expect(202), first);
    assert_eq!(shop.balance("acc-1").await, "90.00");
}

async fn what_ended_is_not_paid_again(shop: Shop) {
    shop_with_an_order(&shop).await;
    shop.paid("o-1", "acc-1").await;
    let again = shop.pay("o-1", "acc-1").await;
    again.assert_problem(409, "order-status");
    assert_eq!(again.body["orderStatus"], "paid");
    assert_eq!(shop.balance("acc-1").await, "90.00");
}
