//! The saga of an order, step by step: goods and money are set aside, and change hands once it is paid.

use std::time::Duration;

use annals::{InstanceId, Recorded, Request, RetryPolicy, SagaStep, Stage, Stepped, Steps};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::courier::{BringBack, Carry};
use crate::shop::{Do, Order, ShopEvent, Undo};

pub(crate) type Checkouts = Stepped<Checkout>;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Checkout {
    order: Order,
}

/// What a step does: to whom, and by how much it changes what that has.
pub(crate) type Part = fn(&Order) -> (String, i64);

/// The steps that an owner does, in order.
pub(crate) const PARTS: [(&str, Part); 7] = [
    ("reserve first", |order| reserve(order, 0)),
    ("reserve second", |order| reserve(order, 1)),
    ("withdraw", |order| (order.customer.clone(), -order.price)),
    ("pay", |order| (order.id.clone(), 0)),
    ("settle", |order| ("till".to_owned(), order.price)),
    ("sell first", |order| sell(order, 0)),
    ("sell second", |order| sell(order, 1)),
];

/// The one step that may be undone without knowing whether it was done.
pub(crate) const MAY_STAY_UNKNOWN: &str = "reserve first";

/// Three attempts, one soon after the other.
pub(crate) const RETRY: RetryPolicy = RetryPolicy {
    attempts: 3,
    first: Duration::from_secs(2),
    most: Duration::from_secs(4),
};

fn reserve(order: &Order, line: usize) -> (String, i64) {
    let line = &order.lines[line];
    (line.product.clone(), -line.quantity)
}

fn sell(order: &Order, line: usize) -> (String, i64) {
    let line = &order.lines[line];
    (format!("sold {}", line.product), line.quantity)
}

/// The command that does a step of an order.
pub(crate) fn doing(order: &Order, (step, part): (&str, Part)) -> Do {
    let (owner, amount) = part(order);
    Do {
        owner,
        order: order.id.clone(),
        step: step.to_owned(),
        amount,
    }
}

/// The command that undoes a step of an order.
pub(crate) fn undoing(order: &Order, (step, part): (&str, Part)) -> Undo {
    Undo {
        owner: part(order).0,
        order: order.id.clone(),
        step: step.to_owned(),
    }
}

/// The command that tells that all of an order was undone.
pub(crate) fn cancelling(order: &Order) -> Do {
    Do {
        owner: order.id.clone(),
        order: order.id.clone(),
        step: "cancel".to_owned(),
        amount: 0,
    }
}

fn step(at: usize) -> SagaStep<Checkout> {
    let part = PARTS[at];
    let step = SagaStep::new(part.0, move |it: &Checkout| doing(&it.order, part));
    retried(step.undone_by(move |it| undoing(&it.order, part)))
}

fn ship() -> SagaStep<Checkout> {
    let order = |it: &Checkout| it.order.id.clone();
    let ship = SagaStep::new("ship", move |it| Carry { order: order(it) });
    retried(ship.undone_by(move |it| BringBack { order: order(it) }))
}

fn retried(step: SagaStep<Checkout>) -> SagaStep<Checkout> {
    step.retried(RETRY).undoing_retried(RETRY)
}

impl Steps for Checkout {
    const NAME: &'static str = "checkout";
    const CATEGORIES: &'static [&'static str] = &["Owner"];
    type Event = ShopEvent;

    fn begin(event: &Recorded<ShopEvent>) -> Option<(InstanceId, Self)> {
        let ShopEvent::Placed { order } = &event.event else {
            return None;
        };
        let order = order.clone();
        Some((InstanceId::new(&order.id).ok()?, Self { order }))
    }

    fn stages() -> Vec<Stage<Self>> {
        vec![
            Stage::all([step(0).even_if_unknown(), step(1)]),
            Stage::of(step(2)),
            Stage::of(step(3)).pivot(),
            Stage::all([step(4), step(5), step(6), ship()]),
        ]
    }

    fn timeout(&self) -> Option<Duration> {
        Some(Duration::from_secs(120))
    }

    fn once_undone(&self, _: &Value) -> Option<Request> {
        Some(Request::of(&cancelling(&self.order)))
    }
}
