//! Noting that all of an order is kept for it.

use annals::{Command, Timestamp};
use serde::{Deserialize, Serialize};

use super::OrderId;
use super::error::OrderError;
use super::events::OrderEvent;
use super::state::Order;

/// Note that all of an order is kept for it. Refused if it was cancelled, so that its checkout turns back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoteReserved {
    /// Which order.
    pub order_id: OrderId,
    /// When.
    pub at: Timestamp,
}

impl Command for NoteReserved {
    const NAME: &'static str = "NoteStockReserved";
    type Reply = ();
    type Refusal = OrderError;
}

impl NoteReserved {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        order.payment_under_way()?;
        Ok(vec![OrderEvent::StockReserved {
            reserved_at: self.at,
        }])
    }
}
