//! Checkout: what is ordered is kept, paid and sold, over three owners of state, or nothing of that.
//!
//! - the [`Checkout`], a saga by steps from the request to pay an order to the paid order, or back;
//! - what is told of one that failed: `reason`;
//! - [`GiveBack`], a process manager: what a paid order that is cancelled gives back.

use std::time::Duration;

use annals::runtime::SagaOptions;
use annals::{
    Aggregate, Builder, EffectStart, InstanceId, Recorded, Request, SagaStep, Stage, Stepped, Steps,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::accounts::payments::{RefundFor, SettleFor, WithdrawFor};
use crate::accounts::{AccountId, Reference};
use crate::catalogue::{ReleaseStock, ReserveStock, SellStock, StockLine};
use crate::money::{Amount, Money};
use crate::orders::{
    CallOffOrder, Line, MarkOrderPaid, NoteStockReserved, Order, OrderEvent, OrderId,
};

pub use give_back::GiveBack;

mod give_back;
mod reason;
#[cfg(test)]
mod tests;

/// Declares both sagas.
pub fn declared(options: &SagaOptions, service: Builder) -> Builder {
    let (of_checkout, of_give_back) = (options.clone(), options.clone());
    service
        .saga_with::<Stepped<Checkout>>(|saga| saga.with_options(of_checkout))
        .saga_with::<GiveBack>(|saga| saga.with_options(of_give_back))
}

/// The payment of an order.
///
/// ```text
///   reserve stock ─▶ note reserved ─▶ withdraw ─▶ mark paid ─┬▶ settle payment
///      release                         refund      (pivot)   └▶ sell stock
/// ```
///
/// An order that was cancelled meanwhile refuses to be noted and to be marked, and so turns it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkout {
    order_id: OrderId,
    account_id: AccountId,
    total: Amount,
    lines: Vec<Line>,
    /// As it was when the payment was asked for, whatever it is for others since.
    timeout_ms: u64,
}

impl Steps for Checkout {
    const NAME: &'static str = "checkout";
    const CATEGORIES: &'static [&'static str] = &[Order::CATEGORY];
    const START: EffectStart = EffectStart::Beginning;
    type Event = OrderEvent;

    fn begin(event: &Recorded<OrderEvent>) -> Option<(InstanceId, Self)> {
        let OrderEvent::PaymentRequested {
            account_id,
            total,
            lines,
            timeout_ms,
            ..
        } = &event.event
        else {
            return None;
        };
        let read = Self::read(event.record.stream.id(), *total);
        let Some((instance, order_id, total)) = read else {
            let position = event.record.position.0;
            tracing::error!(position, "a payment that is asked for cannot be read");
            return None;
        };
        let checkout = Self {
            order_id,
            account_id: account_id.clone(),
            total,
            lines: lines.clone(),
            timeout_ms: *timeout_ms,
        };
        Some((instance, checkout))
    }

    fn stages() -> Vec<Stage<Self>> {
        // Where nothing is kept, releasing it makes sure that nothing will be.
        let reserve = SagaStep::new("reserve stock", Self::reserve_stock)
            .undone_by(Self::release_stock)
            .even_if_unknown();
        let note = SagaStep::new("note reserved", Self::note_reserved);
        let withdraw = SagaStep::new("withdraw", Self::withdraw).undone_by(Self::refund);
        let mark_paid = SagaStep::new("mark paid", Self::mark_paid);
        let settle = SagaStep::new("settle payment", Self::settle);
        let sell = SagaStep::new("sell stock", Self::sell_stock);
        vec![
            Stage::of(reserve),
            Stage::of(note),
            Stage::of(withdraw),
            Stage::of(mark_paid).pivot(),
            Stage::all([settle, sell]),
        ]
    }

    fn timeout(&self) -> Option<Duration> {
        Some(Duration::from_millis(self.timeout_ms))
    }

    fn once_undone(&self, reason: &Value) -> Option<Request> {
        Some(Request::of(&CallOffOrder {
            order_id: self.order_id.clone(),
            reason: reason::for_people(reason),
        }))
    }
}

impl Checkout {
    /// `None`: an event of another making, whose id no order can have, or of nothing that can be paid.
    fn read(order_id: &str, total: Money) -> Option<(InstanceId, OrderId, Amount)> {
        let instance = InstanceId::new(order_id).ok()?;
        Some((instance, order_id.parse().ok()?, Amount::new(total).ok()?))
    }

    fn reserve_stock(&self) -> ReserveStock {
        let lines = self.lines.iter().cloned().map(|line| StockLine {
            product_id: line.product_id,
            quantity: line.quantity,
        });
        ReserveStock {
            order_id: self.order_id.clone(),
            lines: lines.collect(),
        }
    }

    fn release_stock(&self) -> ReleaseStock {
        let order_id = self.order_id.clone();
        ReleaseStock { order_id }
    }

    fn note_reserved(&self) -> NoteStockReserved {
        let order_id = self.order_id.clone();
        NoteStockReserved { order_id }
    }

    fn withdraw(&self) -> WithdrawFor {
        WithdrawFor {
            account: self.account_id.clone(),
            reference: self.reference(),
            amount: self.total,
            description: Some(format!("order {}", self.order_id)),
        }
    }

    fn refund(&self) -> RefundFor {
        RefundFor {
            account: self.account_id.clone(),
            reference: self.reference(),
            reason: format!("order {} came to nothing", self.order_id),
        }
    }

    fn mark_paid(&self) -> MarkOrderPaid {
        let order_id = self.order_id.clone();
        MarkOrderPaid { order_id }
    }

    fn settle(&self) -> SettleFor {
        SettleFor {
            account: self.account_id.clone(),
            reference: self.reference(),
        }
    }

    fn sell_stock(&self) -> SellStock {
        let order_id = self.order_id.clone();
        SellStock { order_id }
    }

    fn reference(&self) -> Reference {
        Reference::to("order", self.order_id.as_str())
    }
}
