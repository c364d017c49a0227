//! A paid order that is cancelled gives back money and stock.

use annals_testing::Happened;

use super::*;
use crate::accounts::payments::DepositFor;
use crate::catalogue::RestockOrder;

type Waiting = GivenSaga<GiveBack>;

fn of_order(event: OrderEvent) -> Happened<OrderEvent> {
    happened("Order-o-1", event)
}

fn paid() -> Happened<OrderEvent> {
    of_order(OrderEvent::Paid {
        account_id: "acc-1".parse().unwrap(),
        total: usd(3_000),
        paid_at: Timestamp::UNIX_EPOCH,
    })
}

fn cancelled() -> Happened<OrderEvent> {
    of_order(OrderEvent::Cancelled {
        reason: None,
        cancelled_at: Timestamp::UNIX_EPOCH,
    })
}

fn giving_back() -> Waiting {
    given_saga::<GiveBack>([paid()])
        .when_happened(cancelled())
        .then_calls(["refund", "restock"])
}

fn restocked(waiting: Waiting) -> Reaction<GiveBack> {
    let restocked = reservation(ReservationState::Restocked);
    waiting.when_done::<RestockOrder>("restock", &restocked)
}

fn refunded(waiting: Waiting) -> Reaction<GiveBack> {
    waiting.when_done::<DepositFor>("refund", &())
}

#[test]
fn it_is_over_once_money_and_stock_are_given_back_in_whatever_order() {
    restocked(refunded(giving_back()).then_nothing()).then_ended(Ending::Completed);
    refunded(restocked(giving_back()).then_nothing()).then_ended(Ending::Completed);
}

#[test]
fn the_account_gets_what_was_paid() {
    let waiting = giving_back();
    let refund = &waiting.instance().calls["refund"].call.request.payload;
    let expected = json!({
        "account": "acc-1",
        "reference": "order/o-1/refund",
        "amount": { "value": "30.00", "currency": "USD" },
        "description": "order o-1 was cancelled",
    });
    assert_eq!(*refund, expected);
}

#[test]
fn an_order_that_was_never_paid_gives_nothing_back() {
    given_saga::<GiveBack>([])
        .when_happened(cancelled())
        .then_nothing();
}

#[test]
fn a_payment_that_cannot_be_read_waits_for_a_person() {
    let paid_nothing = of_order(OrderEvent::Paid {
        account_id: "acc-1".parse().unwrap(),
        total: usd(0),
        paid_at: Timestamp::UNIX_EPOCH,
    });
    let parked = given_saga::<GiveBack>([paid_nothing])
        .when_happened(cancelled())
        .then_parked();
    let parked = parked.when_asked(Asked::Retry).then_parked();
    let reason = "paid in cash".to_owned();
    parked
        .when_asked(Asked::Skip { reason })
        .then_ended(Ending::Completed);
}

#[test]
fn an_order_that_is_sent_gives_nothing_back() {
    let shipped = OrderEvent::Shipped {
        shipped_at: Timestamp::UNIX_EPOCH,
    };
    given_saga::<GiveBack>([paid()])
        .when_happened(of_order(shipped))
        .then_ended(Ending::Completed);
}

#[test]
fn stock_that_is_not_sold_yet_is_asked_for_again_soon() {
    let refunded = refunded(giving_back()).then_nothing();
    let early = refunded
        .when_refused::<RestockOrder>("restock", &StockRefusal::NotSold)
        .then_calls([]);
    let again = early.when_time_passes(Duration::from_secs(1));
    restocked(again.then_calls(["restock"])).then_ended(Ending::Completed);
}

#[test]
fn stock_that_is_never_sold_waits_for_a_person() {
    let not_sold =
        |waiting: Waiting| waiting.when_refused::<RestockOrder>("restock", &StockRefusal::NotSold);
    let mut waiting = giving_back();
    for _ in 1..20 {
        let later = not_sold(waiting).then_calls([]);
        let again = later.when_time_passes(Duration::from_secs(60));
        waiting = again.then_calls(["restock"]);
    }
    let waiting = not_sold(waiting).then_parked();
    let again = waiting.when_asked(Asked::Retry).then_calls(["restock"]);
    restocked(again).then_nothing();
}

#[test]
fn a_closed_account_waits_for_a_person_who_retries_or_skips() {
    let parked = || {
        giving_back()
            .when_refused::<DepositFor>("refund", &AccountError::Closed)
            .then_parked()
    };
    let again = parked().when_asked(Asked::Retry).then_calls(["refund"]);
    refunded(restocked(again).then_nothing()).then_ended(Ending::Completed);
    let reason = "paid in cash".to_owned();
    let skipped = restocked(parked()).then_nothing();
    skipped
        .when_asked(Asked::Skip { reason })
        .then_ended(Ending::Completed);
}

#[test]
fn a_refund_that_was_given_up_is_retried_as_the_same_call() {
    let waiting = giving_back();
    let number = waiting.instance().calls["refund"].number;
    let parked = waiting.when_given_up("refund").then_parked();
    let again = parked.when_asked(Asked::Retry).then_calls(["refund"]);
    assert_eq!(again.instance().calls["refund"].number, number);
}
