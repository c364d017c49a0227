//! Orders, one slice per use case.
//!
//! - the domain: [`OrderEvent`], the [`Order`] that decides and its [`Items`], and why it may refuse
//!   ([`OrderError`]);
//! - commands of customers and of the shop: `create`, `add_item`, `remove_item`, `submit`, `pay`,
//!   `ship`, `deliver`, `cancel`, each with its shape, its rule and its route;
//! - commands of a [checkout](crate::checkout): `for_checkout`;
//! - the read model [`OrderRow`] and the queries on it: `get`, `list`.

pub mod add_item;
mod answer;
pub mod cancel;
pub mod create;
pub mod deliver;
mod error;
mod events;
mod for_checkout;
pub mod get;
mod ids;
mod items;
pub mod list;
pub mod pay;
mod read_model;
pub mod remove_item;
pub mod ship;
mod state;
mod status;
pub mod submit;

pub use crate::catalogue::OrderId;
pub use error::OrderError;
pub use events::OrderEvent;
pub use for_checkout::{CallOffOrder, MarkOrderPaid, NoteStockReserved};
pub use items::{Item, Items, Line};
pub use read_model::OrderRow;
pub use state::{Creation, Order, OrderCommand, PaymentRequest};
pub use status::OrderStatus;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use annals::{Builder, Clock};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bank::Bank;

/// Declares orders, their read model, and what a checkout may ask of them.
pub fn declared(clock: &Arc<dyn Clock>, service: Builder) -> Builder {
    let service = service.aggregate::<Order>().projection::<OrderRow>();
    for_checkout::carried_out_by(clock, service)
}

/// All routes under `/orders`.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(create::create_order, list::list_orders))
        .routes(routes!(get::get_order))
        .routes(routes!(add_item::add_item))
        .routes(routes!(remove_item::remove_item))
        .routes(routes!(submit::submit_order))
        .routes(routes!(pay::pay_order))
        .routes(routes!(ship::ship_order))
        .routes(routes!(deliver::deliver_order))
        .routes(routes!(cancel::cancel_order))
}
