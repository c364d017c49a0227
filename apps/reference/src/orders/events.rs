//! What happens to an order.

use std::num::NonZeroU32;

use annals::{Event, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OrderId;
use super::items::Line;
use crate::accounts::AccountId;
use crate::catalogue::ProductId;
use crate::money::Money;
use crate::users::UserId;

/// What happened to an order.
#[derive(Event, Serialize, Deserialize, JsonSchema, Debug, Clone, PartialEq)]
#[serde(rename_all_fields = "camelCase")]
pub enum OrderEvent {
    /// Somebody began to choose.
    #[event(name = "OrderCreated")]
    Created {
        /// Which order.
        order_id: OrderId,
        /// Whose.
        user_id: UserId,
        /// When.
        created_at: Timestamp,
    },
    /// More of a product was added.
    #[event(name = "ItemAddedToOrder")]
    ItemAdded {
        /// Which product.
        product_id: ProductId,
        /// How many more.
        quantity: NonZeroU32,
        /// What one of it costs from now on in this order: what the catalogue said then.
        unit_price: Money,
        /// When.
        added_at: Timestamp,
    },
    /// All of a product was taken out.
    #[event(name = "ItemRemovedFromOrder")]
    ItemRemoved {
        /// Which product.
        product_id: ProductId,
        /// When.
        removed_at: Timestamp,
    },
    /// It is complete, and waits to be paid.
    #[event(name = "OrderSubmitted")]
    Submitted {
        /// When.
        submitted_at: Timestamp,
    },
    /// Somebody wants to pay it. This starts its checkout, and says all that needs to be known for it.
    #[event(name = "PaymentRequested")]
    PaymentRequested {
        /// From which account.
        account_id: AccountId,
        /// How much.
        total: Money,
        /// What for.
        lines: Vec<Line>,
        /// How long it may take, in milliseconds.
        timeout_ms: u64,
        /// When.
        requested_at: Timestamp,
    },
    /// All of it is kept for the order.
    #[event(name = "StockReserved")]
    StockReserved {
        /// When.
        reserved_at: Timestamp,
    },
    /// It is paid.
    #[event(name = "OrderPaid")]
    Paid {
        /// From which account.
        account_id: AccountId,
        /// How much.
        total: Money,
        /// When.
        paid_at: Timestamp,
    },
    /// It is on its way.
    #[event(name = "OrderShipped")]
    Shipped {
        /// When.
        shipped_at: Timestamp,
    },
    /// It has arrived.
    #[event(name = "OrderDelivered")]
    Delivered {
        /// When.
        delivered_at: Timestamp,
    },
    /// It will not be delivered.
    #[event(name = "OrderCancelled")]
    Cancelled {
        /// Why, for people.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// When.
        cancelled_at: Timestamp,
    },
}
