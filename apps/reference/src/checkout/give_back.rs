//! What a paid order that is cancelled gives back: the money and the stock.
//!
//! ```text
//!   OrderPaid ─▶ waits ─┬─ OrderShipped ───▶ completed
//!                       └─ OrderCancelled ─┬▶ refund  ─┬▶ completed
//!                                          └▶ restock ─┘
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use annals::{
    Aggregate, Answer, Asked, Decision, EffectStart, Input, InstanceId, Recorded, RetryPolicy,
    Route, Saga,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::accounts::payments::DepositFor;
use crate::accounts::{AccountId, Reference};
use crate::catalogue::{RestockOrder, StockRefusal};
use crate::money::{Amount, Money};
use crate::orders::{Order, OrderEvent, OrderId};

/// How often it is asked whether the stock of an order can be taken back that its checkout has not sold
/// yet: it may take as long to do so.
const UNTIL_SOLD: RetryPolicy = RetryPolicy {
    attempts: 20,
    first: Duration::from_secs(1),
    most: Duration::from_secs(60),
};

/// Waits, once an order is paid, whether it is sent or cancelled, and gives back what a cancelled one
/// has cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GiveBack {
    /// What was paid; nothing before that, or if it cannot be read.
    paid: Option<Payment>,
    /// What is still to be given back.
    due: BTreeSet<Part>,
    /// What of that waits for a person.
    failed: BTreeSet<Part>,
    /// How often the stock was not sold yet.
    not_sold_yet: u32,
}

/// The payment of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    order_id: OrderId,
    account_id: AccountId,
    total: Amount,
}

/// What is given back, and the name of the call that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Part {
    Refund,
    Restock,
}

const ALL: [Part; 2] = [Part::Refund, Part::Restock];

impl Saga for GiveBack {
    const NAME: &'static str = "give_back";
    const CATEGORIES: &'static [&'static str] = &[Order::CATEGORY];
    const START: EffectStart = EffectStart::Beginning;
    type Event = OrderEvent;

    fn route(event: &Recorded<OrderEvent>) -> Route {
        let Ok(instance) = InstanceId::new(event.record.stream.id()) else {
            return Route::Nobody;
        };
        match &event.event {
            OrderEvent::Paid { .. } => Route::Start(instance),
            // Most orders that are cancelled were never paid.
            OrderEvent::Cancelled { .. } | OrderEvent::Shipped { .. } => {
                Route::ContinueIfThere(instance)
            }
            _ => Route::Nobody,
        }
    }

    fn react(&mut self, input: &Input<OrderEvent>) -> Vec<Decision> {
        match input {
            Input::Event(event) => self.happened(event),
            Input::Answer { call, answer } => match ALL.iter().find(|part| part.call() == call) {
                Some(part) => self.answered(*part, answer),
                None => Vec::new(),
            },
            Input::Timer { .. } => self.give_back(&[Part::Restock]),
            Input::Asked(Asked::Retry) => self.retry(),
            Input::Asked(Asked::Skip { .. }) => self.skip(),
            // There is no way back; one that is cancelled is not told.
            Input::Asked(Asked::Compensate { .. } | Asked::Cancel { .. }) => Vec::new(),
        }
    }
}

impl GiveBack {
    fn happened(&mut self, event: &Recorded<OrderEvent>) -> Vec<Decision> {
        match &event.event {
            OrderEvent::Paid {
                account_id, total, ..
            } => {
                self.paid = Payment::of(event.record.stream.id(), account_id, *total);
                Vec::new()
            }
            OrderEvent::Cancelled { .. } => {
                self.due.extend(ALL);
                self.give_back(&ALL)
            }
            _ => vec![Decision::complete()],
        }
    }

    fn give_back(&mut self, parts: &[Part]) -> Vec<Decision> {
        let Some(paid) = &self.paid else {
            self.failed.extend(parts);
            let reason = "what was paid cannot be read".to_owned();
            return vec![Decision::Park { reason }];
        };
        let calls = parts.iter().map(|part| paid.give_back(*part));
        calls.collect()
    }

    fn answered(&mut self, part: Part, answer: &Answer) -> Vec<Decision> {
        match answer {
            Answer::Done(_) => {
                self.due.remove(&part);
                self.complete_if_done()
            }
            Answer::Refused(reason) if is_not_sold_yet(part, reason) => {
                self.not_sold_yet += 1;
                match UNTIL_SOLD.wait_after(self.not_sold_yet) {
                    Some(wait) => vec![Decision::timer(part.call(), wait)],
                    None => self.park(part, &reason.to_string()),
                }
            }
            Answer::Refused(reason) => self.park(part, &reason.to_string()),
            Answer::GaveUp { error } => self.park(part, error),
        }
    }

    fn complete_if_done(&self) -> Vec<Decision> {
        let is_done = self.due.is_empty();
        is_done.then(Decision::complete).into_iter().collect()
    }

    fn park(&mut self, part: Part, why: &str) -> Vec<Decision> {
        self.failed.insert(part);
        let reason = format!("{} failed: {why}", part.call());
        vec![Decision::Park { reason }]
    }

    fn retry(&mut self) -> Vec<Decision> {
        self.not_sold_yet = 0;
        let failed: Vec<Part> = std::mem::take(&mut self.failed).into_iter().collect();
        let again = self.give_back(&failed);
        std::iter::once(Decision::Resume).chain(again).collect()
    }

    /// Somebody has seen to what failed.
    fn skip(&mut self) -> Vec<Decision> {
        for part in std::mem::take(&mut self.failed) {
            self.due.remove(&part);
        }
        let end = self.complete_if_done();
        std::iter::once(Decision::Resume).chain(end).collect()
    }
}

/// True if the checkout of the order is not at its end: it is paid, and its stock is sold soon.
fn is_not_sold_yet(part: Part, refusal: &Value) -> bool {
    let refusal = StockRefusal::deserialize(refusal);
    part == Part::Restock && matches!(refusal, Ok(StockRefusal::NotSold))
}

impl Payment {
    /// `None`: an event of another making, whose id no order can have, or of nothing that can be paid.
    fn of(order_id: &str, account_id: &AccountId, total: Money) -> Option<Self> {
        Some(Self {
            order_id: order_id.parse().ok()?,
            account_id: account_id.clone(),
            total: Amount::new(total).ok()?,
        })
    }

    fn give_back(&self, part: Part) -> Decision {
        match part {
            Part::Refund => Decision::call(part.call(), &self.refund()),
            Part::Restock => Decision::call(part.call(), &self.restock()),
        }
    }

    fn refund(&self) -> DepositFor {
        let Self {
            order_id,
            account_id,
            total,
        } = self;
        DepositFor {
            account: account_id.clone(),
            reference: Reference::to("order", &format!("{order_id}/refund")),
            amount: *total,
            description: Some(format!("order {order_id} was cancelled")),
        }
    }

    fn restock(&self) -> RestockOrder {
        let order_id = self.order_id.clone();
        RestockOrder { order_id }
    }
}

impl Part {
    fn call(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Restock => "restock",
        }
    }
}
