//! Cancelling an order whose checkout failed.

use annals::{Command, Timestamp};
use serde::{Deserialize, Serialize};

use super::OrderId;
use super::error::OrderError;
use super::events::{CancelledBy, OrderEvent};
use super::state::Order;
use super::status::OrderStatus;

/// Cancel an order whose checkout failed and was undone. One that was cancelled meanwhile stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallOff {
    /// Which order.
    pub order_id: OrderId,
    /// Why, for people.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Command for CallOff {
    const NAME: &'static str = "CallOffOrder";
    type Reply = ();
    type Refusal = OrderError;
}

impl CallOff {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        match order.known_status()? {
            OrderStatus::Cancelled => Ok(Vec::new()),
            OrderStatus::Pending => Ok(vec![OrderEvent::Cancelled {
                by: CancelledBy::Checkout,
                reason: Some(self.reason),
                cancelled_at: self.at,
            }]),
            status => Err(OrderError::NotCancellable { status }),
        }
    }
}
