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
///
/// What a checkout records is dated when the payment was asked for, however long it takes: a repeat
/// says the same.
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
        /// By whom.
        by: CancelledBy,
        /// Why, for people.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// When.
        cancelled_at: Timestamp,
    },
}

/// Who cancelled an order.
#[derive(Serialize, Deserialize, JsonSchema, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum CancelledBy {
    /// Somebody did not want it any more. What was paid is still to be given back.
    Request,
    /// Its checkout failed, and has given back whatever it took.
    Checkout,
}
