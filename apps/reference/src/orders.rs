//! Orders, one slice per use case.
//!
//! - the domain: [`OrderEvent`], the [`Order`] that decides and its [`Items`], and why it may refuse
//!   ([`OrderError`]);
//! - commands of customers and of the shop: `create`, `add_item`, `remove_item`, `submit`, `pay`,
//!   `ship`, `deliver`, `cancel`, each with its shape, its rule and its route;
//! - commands of a [checkout](crate::checkout): `note_reserved`, `mark_paid`, `call_off`;
//! - the read model [`OrderRow`] and the queries on it: `get`, `list`.

pub mod add_item;
mod answer;
pub mod call_off;
pub mod cancel;
pub mod create;
pub mod deliver;
mod error;
mod events;
pub mod get;
mod ids;
mod items;
pub mod list;
pub mod mark_paid;
pub mod note_reserved;
pub mod pay;
mod read_model;
pub mod remove_item;
pub mod ship;
mod state;
mod status;
pub mod submit;

pub use crate::catalogue::OrderId;
pub use error::OrderError;
pub use events::{CancelledBy, OrderEvent};
pub use items::{Item, Items, Line};
pub use read_model::OrderRow;
pub use state::{Creation, Order, OrderCommand, PaymentRequest};
pub use status::OrderStatus;

#[cfg(test)]
mod tests;

use annals::{Builder, Command};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bank::Bank;
use call_off::CallOff;
use mark_paid::MarkPaid;
use note_reserved::NoteReserved;

/// Declares orders, their read model, and what a checkout may ask of them.
pub fn declared(service: Builder) -> Builder {
    let service = service.aggregate::<Order>().projection::<OrderRow>();
    let service = of_checkout(service, |it: NoteReserved| {
        (it.order_id.to_string(), OrderCommand::NoteReserved(it))
    });
    let service = of_checkout(service, |it: MarkPaid| {
        (it.order_id.to_string(), OrderCommand::MarkPaid(it))
    });
    of_checkout(service, |it: CallOff| {
        (it.order_id.to_string(), OrderCommand::CallOff(it))
    })
}

fn of_checkout<C: Command<Reply = (), Refusal = OrderError>>(
    service: Builder,
    address: impl Fn(C) -> (String, OrderCommand) + Send + Sync + 'static,
) -> Builder {
    service.command_to::<C, Order>(address, |_| ())
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
