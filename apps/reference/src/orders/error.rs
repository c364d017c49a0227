//! Why an order refuses a command.

use annals::http::Problem;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::OrderId;
use super::status::OrderStatus;
use crate::catalogue::ProductId;
use crate::money::{Currency, Money};

/// The rule that a command breaks. Kept under the command's idempotency key, so that a repeat
/// is refused for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(
    tag = "rule",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum OrderError {
    /// There is no such order. **Do:** create it, or correct the id.
    #[error("there is no such order")]
    NotCreated,
    /// The id is taken. **Do:** choose another one.
    #[error("order {order_id} exists already")]
    AlreadyCreated {
        /// Which id.
        order_id: OrderId,
    },
    /// It is too far for that, or not far enough.
    /// **Do:** look at its status; what was to be changed is another order.
    #[error("the order is {status}, and must be {needed}")]
    WrongStatus {
        /// How far it is.
        status: OrderStatus,
        /// How far it must be.
        needed: OrderStatus,
    },
    /// It is on its way, or over. **Do:** nothing, or send it back once it has arrived.
    #[error("the order is {status}, and cannot be cancelled")]
    NotCancellable {
        /// How far it is.
        status: OrderStatus,
    },
    /// Nothing is in it. **Do:** add something first.
    #[error("the order is empty")]
    Empty,
    /// The catalogue does not have such a product. **Do:** correct the id.
    #[error("there is no product {product_id}")]
    UnknownProduct {
        /// Which id.
        product_id: ProductId,
    },
    /// None of the product is in the order. **Do:** correct the id.
    #[error("the order has no {product_id}")]
    NoSuchItem {
        /// Which product.
        product_id: ProductId,
    },
    /// An order is paid in one currency. **Do:** put it into another order.
    #[error("the order is in {kept}, not in {asked}")]
    CurrencyMismatch {
        /// That of the order.
        kept: Currency,
        /// That of the product.
        asked: Currency,
    },
    /// No order has so many products. **Do:** put some into another order.
    #[error("an order has at most {most} different products")]
    TooManyLines {
        /// How many it can have.
        most: usize,
    },
    /// No order has so many of one product. **Do:** order less.
    #[error("an order has at most {most} of {product_id}")]
    TooManyOfProduct {
        /// Which product.
        product_id: ProductId,
        /// How many it can have.
        most: u32,
    },
    /// No order costs so much. **Do:** order less.
    #[error("an order costs at most {most}")]
    TotalLimit {
        /// How much it can cost.
        most: Money,
    },
    /// Somebody is paying it. **Do:** look at it again; soon it is paid or cancelled.
    #[error("a payment is under way")]
    PaymentUnderWay,
    /// Nobody wants to pay it. **Do:** ask for the payment first.
    #[error("no payment was asked for")]
    NoPayment,
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        use OrderError as E;
        let (status, kind, title) = match error {
            E::NotCreated => (404, "not-found", "Not found"),
            E::NoSuchItem { .. } => (404, "no-such-item", "The order has none of it"),
            E::AlreadyCreated { .. } => (409, "order-exists", "The order exists already"),
            E::WrongStatus { .. } => (409, "order-status", "The order is not as far, or too far"),
            E::NotCancellable { .. } => (409, "order-status", "The order cannot be cancelled"),
            E::PaymentUnderWay => (409, "payment-under-way", "A payment is under way"),
            E::NoPayment => (409, "no-payment", "No payment was asked for"),
            E::Empty => (422, "order-empty", "Nothing is in the order"),
            E::UnknownProduct { .. } => (422, "unknown-product", "There is no such product"),
            E::CurrencyMismatch { .. } => (422, "currency-mismatch", "Another currency is kept"),
            E::TooManyLines { .. } | E::TooManyOfProduct { .. } | E::TotalLimit { .. } => {
                (422, "order-limit", "The order would be too large")
            }
        };
        let status = StatusCode::from_u16(status).expect("each status above is one");
        let problem = Self::new(status, kind, title).detail(error.to_string());
        match error {
            E::WrongStatus { status, .. } | E::NotCancellable { status } => {
                problem.with("orderStatus", status.word())
            }
            _ => problem,
        }
    }
}
