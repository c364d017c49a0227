//! Bank accounts, one slice per use case.
//!
//! - the domain: [`AccountEvent`] and its old shapes, the [`Account`] that decides, and why it
//!   may refuse ([`AccountError`]);
//! - commands: `open`, `deposit`, `withdraw`, `close`, each with its shape, its rule and its
//!   route;
//! - payments that are part of something bigger, named by a [`Reference`]: what is paid out is pending
//!   until somebody asks to `settle` it or to `refund` it; [`payments`] are asked for by sagas;
//! - [`read_models`] and the queries on them: `get`, `list`, `transactions`, `daily`;
//! - `history`: the events themselves.

pub mod close;
pub mod daily;
pub mod deposit;
mod error;
mod events;
pub mod get;
pub mod history;
mod ids;
pub mod list;
pub mod open;
pub mod payments;
pub mod read_models;
mod reference;
pub mod refund;
pub mod settle;
mod state;
mod texts;
pub mod transactions;
mod upcast;
pub mod withdraw;

pub use error::AccountError;
pub use events::AccountEvent;
pub use ids::{AccountId, OwnerId};
pub use reference::Reference;
pub use state::{Account, AccountCommand, Opening, Status};
pub(crate) use texts::note;

#[cfg(test)]
mod tests;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bank::Bank;

/// All routes under `/accounts`.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(open::open_account, list::list_accounts))
        .routes(routes!(get::get_account))
        .routes(routes!(deposit::deposit_money))
        .routes(routes!(withdraw::withdraw_money))
        .routes(routes!(close::close_account))
        .routes(routes!(transactions::list_transactions))
        .routes(routes!(daily::list_days))
        .routes(routes!(history::list_history))
}
