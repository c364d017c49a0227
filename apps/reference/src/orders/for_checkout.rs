//! What a checkout asks of an order, by commands that others than the order know.
//!
//! They are dated when the order is reached. However often such a command is sent, the first time is told.

use std::sync::Arc;

use annals::{Builder, Clock, Command, Timestamp};
use serde::{Deserialize, Serialize};

use super::OrderId;
use super::error::OrderError;
use super::events::OrderEvent;
use super::state::{Order, OrderCommand};
use super::status::OrderStatus;
use crate::bus::at_its_time;

/// Note that all of an order is kept for it. Refused if it was cancelled, so that its checkout turns back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoteStockReserved {
    /// Which order.
    pub order_id: OrderId,
}

/// Note that an order is paid. Refused if it was cancelled, so that its checkout turns back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkOrderPaid {
    /// Which order.
    pub order_id: OrderId,
}

/// Cancel an order whose checkout failed and was undone. One that was cancelled meanwhile stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallOffOrder {
    /// Which order.
    pub order_id: OrderId,
    /// Why, for people.
    pub reason: String,
}

impl Command for NoteStockReserved {
    const NAME: &'static str = "NoteStockReserved";
    type Reply = ();
    type Refusal = OrderError;
}

impl Command for MarkOrderPaid {
    const NAME: &'static str = "MarkOrderPaid";
    type Reply = ();
    type Refusal = OrderError;
}

impl Command for CallOffOrder {
    const NAME: &'static str = "CallOffOrder";
    type Reply = ();
    type Refusal = OrderError;
}

/// Declares that orders carry them out, at the time that a clock tells.
pub(super) fn carried_out_by(clock: &Arc<dyn Clock>, service: Builder) -> Builder {
    service
        .command_to::<NoteStockReserved, Order>(at_its_time(clock, note_reserved), |_| ())
        .command_to::<MarkOrderPaid, Order>(at_its_time(clock, mark_paid), |_| ())
        .command_to::<CallOffOrder, Order>(at_its_time(clock, call_off), |_| ())
}

fn note_reserved(asked: NoteStockReserved, at: Timestamp) -> (OrderId, OrderCommand) {
    let note = NoteReserved { at };
    (asked.order_id, OrderCommand::NoteReserved(note))
}

fn mark_paid(asked: MarkOrderPaid, at: Timestamp) -> (OrderId, OrderCommand) {
    let paid = MarkPaid { at };
    (asked.order_id, OrderCommand::MarkPaid(paid))
}

fn call_off(asked: CallOffOrder, at: Timestamp) -> (OrderId, OrderCommand) {
    let reason = asked.reason;
    let call_off = CallOff { reason, at };
    (asked.order_id, OrderCommand::CallOff(call_off))
}

/// Note that all of it is kept for the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteReserved {
    /// When.
    pub at: Timestamp,
}

/// Note that it is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkPaid {
    /// When.
    pub at: Timestamp,
}

/// Cancel it, since its checkout failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOff {
    /// Why, for people.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl NoteReserved {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        order.payment_under_way()?;
        Ok(vec![OrderEvent::StockReserved {
            reserved_at: self.at,
        }])
    }
}

impl MarkPaid {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        let payment = order.payment_under_way()?;
        Ok(vec![OrderEvent::Paid {
            account_id: payment.account_id.clone(),
            total: payment.total,
            paid_at: self.at,
        }])
    }
}

impl CallOff {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        match order.known_status()? {
            OrderStatus::Cancelled => Ok(Vec::new()),
            OrderStatus::Pending => Ok(vec![OrderEvent::Cancelled {
                reason: Some(self.reason),
                cancelled_at: self.at,
            }]),
            status => Err(OrderError::NotCancellable { status }),
        }
    }
}
