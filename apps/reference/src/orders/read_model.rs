//! `orders`: one row for each order, with its items and what they cost.

use annals::{Aggregate, Projection, ReadModel, Recorded, StreamVersion, Timestamp};

use super::OrderId;
use super::events::OrderEvent;
use super::items::Items;
use super::state::Order;
use super::status::OrderStatus;
use crate::accounts::AccountId;
use crate::money::{Currency, Money};
use crate::users::UserId;

/// An order as it is now.
#[derive(ReadModel, Debug, Clone, PartialEq, Eq)]
#[read_model(table = "orders", index(user_id, status))]
pub struct OrderRow {
    /// Which order.
    #[key]
    pub order_id: OrderId,
    /// Whose.
    pub user_id: UserId,
    /// How far it is.
    pub status: OrderStatus,
    /// What is in it.
    pub items: Items,
    /// Hundredths that all of it costs.
    pub total_minor: i64,
    /// In this currency.
    pub currency: Currency,
    /// The account it was or is to be paid from.
    pub account_id: Option<AccountId>,
    /// Why it was cancelled, for people.
    pub reason: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
    /// The version of its last event.
    pub version: StreamVersion,
}

impl Projection for OrderRow {
    type Event = OrderEvent;
    const CATEGORIES: &'static [&'static str] = &[Order::CATEGORY];

    fn keys(event: &Recorded<OrderEvent>) -> Vec<OrderId> {
        // A stream of another making may have an id that no order can have.
        event.record.stream.id().parse().into_iter().collect()
    }

    fn fold(row: Option<Self>, _: &OrderId, event: &Recorded<OrderEvent>) -> Option<Self> {
        let mut row = match &event.event {
            OrderEvent::Created {
                order_id,
                user_id,
                created_at,
            } => Self::created(order_id.clone(), user_id.clone(), *created_at),
            _ => row?,
        };
        row.updated_at = row.take_in(&event.event);
        row.version = event.record.version;
        Some(row)
    }
}

impl OrderRow {
    fn created(order_id: OrderId, user_id: UserId, at: Timestamp) -> Self {
        let total = Money::zero(Currency::USD);
        Self {
            order_id,
            user_id,
            status: OrderStatus::Draft,
            items: Items::default(),
            total_minor: total.minor,
            currency: total.currency,
            account_id: None,
            reason: None,
            created_at: at,
            updated_at: at,
            version: StreamVersion::NONE,
        }
    }

    /// What all of it costs.
    pub fn total(&self) -> Money {
        Money::of_minor(self.total_minor, self.currency)
    }

    /// Takes a fact in, and says when it happened.
    fn take_in(&mut self, event: &OrderEvent) -> Timestamp {
        match event {
            OrderEvent::Created { created_at, .. } => *created_at,
            OrderEvent::ItemAdded {
                product_id,
                quantity,
                unit_price,
                added_at,
            } => {
                let items = std::mem::take(&mut self.items);
                self.set_items(items.with(product_id, *quantity, *unit_price));
                *added_at
            }
            OrderEvent::ItemRemoved {
                product_id,
                removed_at,
            } => {
                let items = std::mem::take(&mut self.items);
                self.set_items(items.without(product_id));
                *removed_at
            }
            OrderEvent::Submitted { submitted_at } => {
                self.status = OrderStatus::Pending;
                *submitted_at
            }
            OrderEvent::PaymentRequested {
                account_id,
                requested_at,
                ..
            } => {
                self.account_id = Some(account_id.clone());
                *requested_at
            }
            OrderEvent::StockReserved { reserved_at } => *reserved_at,
            OrderEvent::Paid { paid_at, .. } => {
                self.status = OrderStatus::Paid;
                *paid_at
            }
            OrderEvent::Shipped { shipped_at } => {
                self.status = OrderStatus::Shipped;
                *shipped_at
            }
            OrderEvent::Delivered { delivered_at } => {
                self.status = OrderStatus::Delivered;
                *delivered_at
            }
            OrderEvent::Cancelled {
                reason,
                cancelled_at,
                ..
            } => {
                self.status = OrderStatus::Cancelled;
                self.reason.clone_from(reason);
                *cancelled_at
            }
        }
    }

    fn set_items(&mut self, items: Items) {
        let total = items.total();
        self.total_minor = total.minor;
        self.currency = total.currency;
        self.items = items;
    }
}
