//! Noting that an order is paid.

use annals::{Command, Timestamp};
use serde::{Deserialize, Serialize};

use super::OrderId;
use super::error::OrderError;
use super::events::OrderEvent;
use super::state::Order;

/// Note that an order is paid. Refused if it was cancelled, so that its checkout turns back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarkPaid {
    /// Which order.
    pub order_id: OrderId,
    /// When.
    pub at: Timestamp,
}

impl Command for MarkPaid {
    const NAME: &'static str = "MarkOrderPaid";
    type Reply = ();
    type Refusal = OrderError;
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
