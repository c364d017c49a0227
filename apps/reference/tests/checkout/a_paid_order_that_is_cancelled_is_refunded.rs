//! An order can be cancelled until it is sent, and has cost nothing then.

use annals::{Asked, InstanceId};
use serde_json::json;

use crate::shop::{Shop, on_each_store};

on_each_store![
    one_that_is_not_paid_is_cancelled_and_never_paid,
    one_that_is_paid_gives_money_and_stock_back,
    one_that_is_cancelled_while_it_is_paid_costs_nothing,
    one_that_is_sent_is_not_cancelled,
    a_refund_to_a_closed_account_waits_for_a_person,
];

async fn shop_with_an_order(shop: &Shop) {
    shop.stock("mug", "5.00", 10).await;
    shop.open_account("acc-1", "10.00").await;
    shop.submit("o-1", &[("mug", 2)]).await;
}

async fn one_that_is_not_paid_is_cancelled_and_never_paid(shop: Shop) {
    shop_with_an_order(&shop).await;
    shop.draft("o-2", &[("mug", 1)]).await;
    for order in ["o-1", "o-2"] {
        let reason = json!({ "reason": "found it cheaper" });
        let cancelled = shop.post(&format!("/orders/{order}/cancel"), reason).await;
        assert_eq!(cancelled.expect(200)["status"], "cancelled");
        assert_eq!(shop.order(order).await["reason"], "found it cheaper");
        let late = shop.pay(order, "acc-1").await;
        late.assert_problem(409, "order-status");
        let twice = shop.command(order, "cancel").await;
        twice.assert_problem(409, "order-status");
    }
    assert_eq!(shop.balance("acc-1").await, "10.00");
}

async fn one_that_is_paid_gives_money_and_stock_back(shop: Shop) {
    shop_with_an_order(&shop).await;
    shop.paid("o-1", "acc-1").await;
    assert_eq!(
        (shop.balance("acc-1").await.as_str(), shop.left("mug").await),
        ("0.00", 8)
    );
    shop.command("o-1", "cancel").await.expect(200);
    assert_eq!(shop.ended("give_back", "o-1").await.status, "completed");
    assert_eq!(
        (shop.balance("acc-1").await.as_str(), shop.left("mug").await),
        ("10.00", 10)
    );
    assert_eq!(shop.order("o-1").await["status"], "cancelled");
}

/// However far the checkout was by then.
async fn one_that_is_cancelled_while_it_is_paid_costs_nothing(shop: Shop) {
    shop_with_an_order(&shop).await;
    shop.pay("o-1", "acc-1").await.expect(202);
    shop.command("o-1", "cancel").await.expect(200);
    let checkout = shop.ended("checkout", "o-1").await;
    if checkout.status == "completed" {
        assert_eq!(shop.ended("give_back", "o-1").await.status, "completed");
    } else {
        assert_eq!(checkout.status, "compensated");
    }
    assert_eq!(
        (shop.balance("acc-1").await.as_str(), shop.left("mug").await),
        ("10.00", 10)
    );
    assert_eq!(shop.order("o-1").await["status"], "cancelled");
}

async fn one_that_is_sent_is_not_cancelled(shop: Shop) {
    shop_with_an_order(&shop).await;
    shop.paid("o-1", "acc-1").await;
    for command in ["ship", "deliver"] {
        shop.command("o-1", command).await.expect(200);
        let late = shop.command("o-1", "cancel").await;
        late.assert_problem(409, "order-status");
    }
    assert_eq!(shop.balance("acc-1").await, "0.00");
}

async fn a_refund_to_a_closed_account_waits_for_a_person(shop: Shop) {
    shop_with_an_order(&shop).await;
    shop.paid("o-1", "acc-1").await;
    shop.post("/accounts/acc-1/close", json!({}))
        .await
        .expect(200);
    shop.command("o-1", "cancel").await.expect(200);
    let parked = shop.ended("give_back", "o-1").await;
    assert_eq!(parked.status, "parked");
    assert_eq!(parked.reason.unwrap(), "refund failed: \"Closed\"");
    let reason = "paid in cash".to_owned();
    let order = InstanceId::new("o-1").unwrap();
    let sagas = shop.bank.annals().sagas();
    sagas
        .ask("give_back", &order, Asked::Skip { reason }, "ann")
        .await
        .unwrap();
    assert_eq!(
        shop.ended_for_good("give_back", "o-1").await.status,
        "completed"
    );
    assert_eq!(shop.left("mug").await, 10);
}
