//! Both sagas, input by input, and by a clock of their own.

use std::time::Duration;

use annals::{Asked, Ending, Stepped, Timestamp};
use annals_testing::{GivenSaga, Reaction, given_saga, happened};
use serde_json::json;

use super::*;
use crate::accounts::AccountError;
use crate::catalogue::{Quantities, Reservation, ReservationState, ShortLine, StockRefusal};
use crate::money::{Currency, Money};
use crate::orders::{OrderError, OrderStatus};

mod a_cancelled_order_gives_back;
mod a_checkout_fails;
mod a_checkout_goes_through;

/// What pays order `o-1`: two mugs and a hat.
type Paying = GivenSaga<Stepped<Checkout>>;

const TIMEOUT: Duration = Duration::from_secs(60);

fn usd(minor: i64) -> Money {
    Money::of_minor(minor, Currency::USD)
}

fn payment_requested() -> OrderEvent {
    let line = |id: &str, quantity: u32| Line {
        product_id: id.parse().unwrap(),
        quantity: quantity.try_into().unwrap(),
    };
    OrderEvent::PaymentRequested {
        account_id: "acc-1".parse().unwrap(),
        total: usd(3_000),
        lines: vec![line("hat", 1), line("mug", 2)],
        timeout_ms: 60_000,
        requested_at: Timestamp::UNIX_EPOCH,
    }
}

/// Right after somebody wanted to pay.
fn begun() -> Reaction<Stepped<Checkout>> {
    let order = given_saga::<Stepped<Checkout>>([]);
    order.when_happened(happened("Order-o-1", payment_requested()))
}

fn reservation(state: ReservationState) -> Reservation {
    let lines = Quantities::new();
    Reservation { state, lines }
}

/// What each call is answered that is carried out.
fn done(paying: Paying, call: &str) -> Reaction<Stepped<Checkout>> {
    use ReservationState as S;
    match call {
        "reserve stock" => paying.when_done::<ReserveStock>(call, &reservation(S::Reserved)),
        "sell stock" => paying.when_done::<SellStock>(call, &reservation(S::Sold)),
        "undo reserve stock" => paying.when_done::<ReleaseStock>(call, &reservation(S::Released)),
        _ => paying.when_done::<MarkOrderPaid>(call, &()),
    }
}

/// After these calls were carried out.
fn after(calls: &[&str]) -> Paying {
    let begun = begun().then_calls(["reserve stock"]);
    calls.iter().fold(begun, |paying, call| match *call {
        "reserve stock" => done(paying, call).then_calls(["note reserved"]),
        "note reserved" => done(paying, call).then_calls(["withdraw"]),
        "withdraw" => done(paying, call).then_calls(["mark paid"]),
        "mark paid" => done(paying, call).then_calls(["settle payment", "sell stock"]),
        _ => done(paying, call).then_calls([]),
    })
}

/// Undoes these, in this order, and then calls the order off; tells what people are told.
#[track_caller]
fn undone(reaction: Reaction<Stepped<Checkout>>, calls: &[&'static str]) -> String {
    let mut reaction = reaction;
    for call in calls {
        reaction = done(reaction.then_calls([*call]), call);
    }
    let paying = reaction.then_calls(["once undone"]);
    let told = paying.instance().calls["once undone"].call.request.clone();
    let ended = paying.when_done::<CallOffOrder>("once undone", &());
    let instance = ended.then_calls([]);
    let status = &instance.instance().status;
    let is_compensated = matches!(
        status,
        annals::SagaStatus::Ended(Ending::Compensated { .. })
    );
    assert!(is_compensated, "{status:?}");
    told.payload["reason"].as_str().unwrap().to_owned()
}

fn cancelled_meanwhile() -> OrderError {
    OrderError::WrongStatus {
        status: OrderStatus::Cancelled,
        needed: OrderStatus::Pending,
    }
}
