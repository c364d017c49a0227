//! Users, one slice per use case: what a service must know of people, and forget when they ask.
//!
//! - the domain: [`UserEvent`] and its old shape, the [`User`] that decides, and why it may refuse
//!   ([`UserError`]);
//! - commands: `register`, `activate`, `change_email`, each with its shape, its rule and its route;
//! - the [read model](UserRow) and the query on it: `get`;
//! - `history`: the events themselves;
//! - `erase`: a person is forgotten;
//! - `personal`: what of all that is personal, how it is checked, and how it is told.

pub mod activate;
pub mod change_email;
pub mod erase;
mod error;
mod events;
pub mod get;
pub mod history;
mod ids;
mod personal;
mod read_model;
pub mod register;
mod state;
mod upcast;

pub use error::UserError;
pub use events::UserEvent;
pub use ids::UserId;
pub use read_model::UserRow;
pub use state::{Registration, User, UserCommand, UserStatus};

#[cfg(test)]
mod tests;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bank::Bank;

/// All routes under `/users`.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(register::register_user))
        .routes(routes!(get::get_user))
        .routes(routes!(activate::activate_user))
        .routes(routes!(change_email::change_email))
        .routes(routes!(history::list_history))
        .routes(routes!(erase::erase_user))
}
