//! A checkout by its steps, to the paid order.

use super::*;

#[test]
fn stock_is_kept_and_money_taken_before_the_order_is_paid() {
    let paying = after(&[
        "reserve stock",
        "note reserved",
        "withdraw",
        "mark paid",
        "sell stock",
    ]);
    done(paying, "settle payment").then_ended(Ending::Completed);
}

#[test]
fn other_events_of_the_order_start_nothing() {
    let submitted = OrderEvent::Submitted {
        submitted_at: Timestamp::UNIX_EPOCH,
    };
    given_saga::<Stepped<Checkout>>([])
        .when_happened(happened("Order-o-1", submitted))
        .then_nothing();
}

#[test]
fn the_same_request_again_starts_nothing_more() {
    after(&["reserve stock"])
        .when_happened(happened("Order-o-1", payment_requested()))
        .then_nothing();
}

#[test]
fn all_that_is_ordered_is_kept_and_all_of_it_paid() {
    let payload = |paying: &Paying, call: &str| {
        let open = &paying.instance().calls[call];
        open.call.request.payload.clone()
    };
    let lines = json!([
        { "productId": "hat", "quantity": 1 },
        { "productId": "mug", "quantity": 2 },
    ]);
    let reserve = payload(&after(&[]), "reserve stock");
    assert_eq!(reserve, json!({ "orderId": "o-1", "lines": lines }));
    let withdraw = payload(&after(&["reserve stock", "note reserved"]), "withdraw");
    let expected = json!({
        "account": "acc-1",
        "reference": "order/o-1",
        "amount": { "value": "30.00", "currency": "USD" },
        "description": "order o-1",
    });
    assert_eq!(withdraw, expected);
}

#[test]
fn behind_the_pivot_time_does_not_matter() {
    let paying = after(&["reserve stock", "note reserved", "withdraw", "mark paid"]);
    paying.when_time_passes(TIMEOUT * 2).then_nothing();
}

#[test]
fn at_the_pivot_the_order_decides_whatever_the_time() {
    let paying = after(&["reserve stock", "note reserved", "withdraw"]);
    let late = paying.when_time_passes(TIMEOUT).then_nothing();
    done(late, "mark paid").then_calls(["settle payment", "sell stock"]);
}

#[test]
fn what_fails_behind_the_pivot_waits_for_a_person_and_goes_on_when_retried() {
    let paid = ["reserve stock", "note reserved", "withdraw", "mark paid"];
    let settled = done(after(&paid), "settle payment").then_nothing();
    let parked = settled.when_given_up("sell stock").then_parked();
    let again = parked.when_asked(Asked::Retry).then_calls(["sell stock"]);
    done(again, "sell stock").then_ended(Ending::Completed);
}

#[test]
fn a_pivot_of_which_nobody_knows_whether_it_was_done_waits_for_a_person() {
    let paying = after(&["reserve stock", "note reserved", "withdraw"]);
    let parked = paying.when_given_up("mark paid").then_parked();
    let again = parked.when_asked(Asked::Retry).then_calls(["mark paid"]);
    done(again, "mark paid").then_calls(["settle payment", "sell stock"]);
}
