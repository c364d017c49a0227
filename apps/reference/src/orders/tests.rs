use std::num::NonZeroU32;
use std::time::Duration;

use annals::{StreamVersion, Timestamp};
use annals_testing::{given, given_events, happened};

use super::add_item::AddItem;
use super::cancel::Cancel;
use super::create::Create;
use super::deliver::Deliver;
use super::for_checkout::{CallOff, MarkPaid, NoteReserved};
use super::items::{MOST_LINES, MOST_OF_A_PRODUCT};
use super::pay::Pay;
use super::remove_item::RemoveItem;
use super::ship::Ship;
use super::submit::Submit;
use super::*;
use crate::catalogue::ProductId;
use crate::money::{Currency, Money};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn usd(minor: i64) -> Money {
    Money::of_minor(minor, Currency::USD)
}

fn product(id: &str) -> ProductId {
    id.parse().unwrap()
}

fn quantity(quantity: u32) -> NonZeroU32 {
    quantity.try_into().unwrap()
}

fn created() -> OrderEvent {
    OrderEvent::Created {
        order_id: "o-1".parse().unwrap(),
        user_id: "u-1".parse().unwrap(),
        created_at: at(1),
    }
}

fn added(id: &str, many: u32, unit_price: Money) -> OrderEvent {
    OrderEvent::ItemAdded {
        product_id: product(id),
        quantity: quantity(many),
        unit_price,
        added_at: at(2),
    }
}

fn submitted() -> OrderEvent {
    let submitted_at = at(3);
    OrderEvent::Submitted { submitted_at }
}

/// Of two mugs at 5.00 and a hat at 20.00.
fn payment_requested() -> OrderEvent {
    let line = |id, many| Line {
        product_id: product(id),
        quantity: quantity(many),
    };
    OrderEvent::PaymentRequested {
        account_id: "acc-1".parse().unwrap(),
        total: usd(3_000),
        lines: vec![line("mug", 2), line("hat", 1)],
        timeout_ms: 60_000,
        requested_at: at(4),
    }
}

fn paid() -> OrderEvent {
    OrderEvent::Paid {
        account_id: "acc-1".parse().unwrap(),
        total: usd(3_000),
        paid_at: at(4),
    }
}

fn shipped() -> OrderEvent {
    let shipped_at = at(4);
    OrderEvent::Shipped { shipped_at }
}

fn delivered() -> OrderEvent {
    let delivered_at = at(4);
    OrderEvent::Delivered { delivered_at }
}

fn cancelled(reason: Option<&str>) -> OrderEvent {
    OrderEvent::Cancelled {
        reason: reason.map(str::to_owned),
        cancelled_at: at(4),
    }
}

/// All that happens to an order, in order.
fn life() -> Vec<OrderEvent> {
    vec![
        created(),
        added("mug", 2, usd(500)),
        added("hat", 1, usd(2_000)),
        submitted(),
        payment_requested(),
        paid(),
        shipped(),
        delivered(),
    ]
}

/// What has happened once the order is as far as this.
fn until(status: OrderStatus) -> Vec<OrderEvent> {
    let events = match status {
        OrderStatus::Draft => 3,
        OrderStatus::Pending => 4,
        OrderStatus::Paid => 6,
        OrderStatus::Shipped => 7,
        OrderStatus::Delivered => 8,
        OrderStatus::Cancelled => {
            let mut events = until(OrderStatus::Draft);
            events.push(cancelled(None));
            return events;
        }
    };
    life().into_iter().take(events).collect()
}

fn paying() -> Vec<OrderEvent> {
    life().into_iter().take(5).collect()
}

fn add(id: &str, many: u32, unit_price: Option<Money>) -> OrderCommand {
    OrderCommand::AddItem(AddItem {
        product_id: product(id),
        quantity: quantity(many),
        unit_price,
        at: at(2),
    })
}

fn remove(id: &str) -> OrderCommand {
    OrderCommand::RemoveItem(RemoveItem {
        product_id: product(id),
        at: at(2),
    })
}

fn submit() -> OrderCommand {
    OrderCommand::Submit(Submit { at: at(3) })
}

fn pay() -> OrderCommand {
    OrderCommand::Pay(Pay {
        account_id: "acc-1".parse().unwrap(),
        timeout: Duration::from_secs(60),
        at: at(4),
    })
}

fn cancel() -> OrderCommand {
    OrderCommand::Cancel(Cancel {
        reason: None,
        at: at(4),
    })
}

fn call_off() -> OrderCommand {
    OrderCommand::CallOff(CallOff {
        reason: "no hats".to_owned(),
        at: at(4),
    })
}

#[test]
fn an_order_is_created_once() {
    let create = OrderCommand::Create(Create {
        order_id: "o-1".parse().unwrap(),
        user_id: "u-1".parse().unwrap(),
        at: at(1),
    });
    given::<Order>([]).when(create.clone()).then([created()]);
    let order_id = "o-1".parse().unwrap();
    given::<Order>([created()])
        .when(create)
        .then_refused(OrderError::AlreadyCreated { order_id });
}

#[test]
fn each_command_is_for_one_status_and_refused_in_all_others() {
    use OrderStatus as S;
    let all = [
        S::Draft,
        S::Pending,
        S::Paid,
        S::Shipped,
        S::Delivered,
        S::Cancelled,
    ];
    let commands = [
        (add("mug", 1, Some(usd(500))), S::Draft),
        (remove("mug"), S::Draft),
        (submit(), S::Draft),
        (pay(), S::Pending),
        (
            OrderCommand::NoteReserved(NoteReserved { at: at(4) }),
            S::Pending,
        ),
        (OrderCommand::MarkPaid(MarkPaid { at: at(4) }), S::Pending),
        (OrderCommand::Ship(Ship { at: at(4) }), S::Paid),
        (OrderCommand::Deliver(Deliver { at: at(4) }), S::Shipped),
    ];
    for (command, needed) in commands {
        given::<Order>([])
            .when(command.clone())
            .then_refused(OrderError::NotCreated);
        for status in all.into_iter().filter(|status| *status != needed) {
            given::<Order>(until(status))
                .when(command.clone())
                .then_refused(OrderError::WrongStatus { status, needed });
        }
    }
}

#[test]
fn what_is_added_twice_adds_up_at_the_price_of_the_last_time() {
    let events = [
        created(),
        added("mug", 2, usd(500)),
        added("mug", 3, usd(400)),
    ];
    let mut order = Order::default();
    for event in &events {
        annals::Aggregate::evolve(&mut order, event);
    }
    let lines = order.items.lines();
    assert_eq!((lines.len(), lines[0].quantity), (1, quantity(5)));
    assert_eq!(order.items.total(), usd(2_000));
}

#[test]
fn the_price_is_the_one_of_the_catalogue() {
    given::<Order>([created()])
        .when(add("mug", 2, Some(usd(500))))
        .then([added("mug", 2, usd(500))]);
    let product_id = product("mug");
    given::<Order>([created()])
        .when(add("mug", 2, None))
        .then_refused(OrderError::UnknownProduct { product_id });
}

#[test]
fn an_order_is_in_one_currency() {
    let crowns: Currency = "CZK".parse().unwrap();
    let price = Money::of_minor(100, crowns);
    given::<Order>([created(), added("mug", 2, usd(500))])
        .when(add("hat", 1, Some(price)))
        .then_refused(OrderError::CurrencyMismatch {
            kept: Currency::USD,
            asked: crowns,
        });
}

#[test]
fn an_order_has_limits() {
    let product_id = product("mug");
    given::<Order>([created(), added("mug", MOST_OF_A_PRODUCT, usd(1))])
        .when(add("mug", 1, Some(usd(1))))
        .then_refused(OrderError::TooManyOfProduct {
            product_id,
            most: MOST_OF_A_PRODUCT,
        });
    let full = (0..MOST_LINES).map(|number| added(&format!("p{number}"), 1, usd(1)));
    given::<Order>([created()].into_iter().chain(full))
        .when(add("mug", 1, Some(usd(1))))
        .then_refused(OrderError::TooManyLines { most: MOST_LINES });
    let most = usd(Money::MAX_MINOR);
    given::<Order>([created(), added("hat", 1, most)])
        .when(add("mug", 1, Some(usd(1))))
        .then_refused(OrderError::TotalLimit { most });
    given::<Order>([created()])
        .when(add("mug", MOST_OF_A_PRODUCT, Some(most)))
        .then_refused(OrderError::TotalLimit { most });
}

#[test]
fn a_product_is_taken_out_as_a_whole() {
    let removed = OrderEvent::ItemRemoved {
        product_id: product("mug"),
        removed_at: at(2),
    };
    let with_mugs = [created(), added("mug", 2, usd(500))];
    given::<Order>(with_mugs.clone())
        .when(remove("mug"))
        .then([removed.clone()]);
    let product_id = product("mug");
    given::<Order>(with_mugs.into_iter().chain([removed]))
        .when(remove("mug"))
        .then_refused(OrderError::NoSuchItem { product_id });
}

#[test]
fn an_empty_order_is_not_submitted() {
    given::<Order>([created()])
        .when(submit())
        .then_refused(OrderError::Empty);
    given::<Order>(until(OrderStatus::Draft))
        .when(submit())
        .then([submitted()]);
}

#[test]
fn a_payment_says_all_that_its_checkout_needs() {
    given::<Order>(until(OrderStatus::Pending))
        .when(pay())
        .then([payment_requested()]);
}

#[test]
fn an_order_is_paid_by_one_payment() {
    given::<Order>(paying())
        .when(pay())
        .then_refused(OrderError::PaymentUnderWay);
}

#[test]
fn only_what_somebody_wants_to_pay_is_marked_as_paid() {
    let mark = || OrderCommand::MarkPaid(MarkPaid { at: at(4) });
    given::<Order>(until(OrderStatus::Pending))
        .when(mark())
        .then_refused(OrderError::NoPayment);
    given::<Order>(paying()).when(mark()).then([paid()]);
}

#[test]
fn an_order_is_cancelled_before_it_is_sent() {
    use OrderStatus as S;
    for status in [S::Draft, S::Pending, S::Paid] {
        given::<Order>(until(status))
            .when(cancel())
            .then([cancelled(None)]);
    }
    for status in [S::Shipped, S::Delivered, S::Cancelled] {
        given::<Order>(until(status))
            .when(cancel())
            .then_refused(OrderError::NotCancellable { status });
    }
}

#[test]
fn a_failed_checkout_cancels_an_order_unless_somebody_has_and_never_a_paid_one() {
    given::<Order>(paying())
        .when(call_off())
        .then([cancelled(Some("no hats"))]);
    given::<Order>(until(OrderStatus::Cancelled))
        .when(call_off())
        .then_nothing();
    let status = OrderStatus::Paid;
    given::<Order>(until(status))
        .when(call_off())
        .then_refused(OrderError::NotCancellable { status });
}

#[test]
fn a_row_tells_how_far_an_order_is_with_what_is_in_it() {
    let sent = life().into_iter().map(|event| happened("Order-o-1", event));
    let draft = [created(), cancelled(Some("too dear"))].map(|mut event| {
        if let OrderEvent::Created { order_id, .. } = &mut event {
            *order_id = "o-2".parse().unwrap();
        }
        happened("Order-o-2", event)
    });
    let items = Items::default().with(&product("mug"), quantity(2), usd(500));
    let delivered = OrderRow {
        order_id: "o-1".parse().unwrap(),
        user_id: "u-1".parse().unwrap(),
        status: OrderStatus::Delivered,
        items: items.with(&product("hat"), quantity(1), usd(2_000)),
        total_minor: 3_000,
        currency: Currency::USD,
        account_id: Some("acc-1".parse().unwrap()),
        reason: None,
        created_at: at(1),
        updated_at: at(4),
        version: StreamVersion(8),
    };
    let cancelled = OrderRow {
        order_id: "o-2".parse().unwrap(),
        status: OrderStatus::Cancelled,
        items: Items::default(),
        total_minor: 0,
        account_id: None,
        reason: Some("too dear".to_owned()),
        version: StreamVersion(2),
        ..delivered.clone()
    };
    given_events::<OrderRow>(sent.chain(draft))
        .under_every_batching()
        .with_restarts_at_every_step()
        .with_repeats()
        .reordered_across_streams()
        .then([delivered, cancelled]);
}
