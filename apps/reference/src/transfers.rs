//! Money transfers: from one account to another, by a saga.
//!
//! - the domain: [`TransferEvent`], the [`Transfer`] that remembers how it stands, and why it may refuse
//!   ([`TransferError`]);
//! - `request`: the command, with its shape, its rule and its route;
//! - [`saga`]: what is done for a request, and undone;
//! - `complete` and `refund`: how it ends, as the saga asks for it;
//! - the [read model](TransferRow) and the queries on it: `get`, `list`.

pub mod complete;
mod error;
mod events;
pub mod get;
mod ids;
pub mod list;
mod read_model;
pub mod refund;
pub mod request;
pub mod saga;
mod state;

pub use error::TransferError;
pub use events::TransferEvent;
pub use ids::TransferId;
pub use read_model::TransferRow;
pub use state::{Transfer, TransferCommand, TransferStatus};

#[cfg(test)]
mod tests;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bank::Bank;

/// All routes under `/transfers`.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(request::request_transfer, list::list_transfers))
        .routes(routes!(get::get_transfer))
}
