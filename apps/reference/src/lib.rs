//! The reference service of Annals: a bank, event-sourced, built on what Annals publishes.
//!
//! In reading order:
//!
//! - the domain: [`money`], [`accounts`], [`transfers`] between them and [`users`] with a slice for each
//!   use case, and the [`ids`] and `history` that they have;
//! - the shop: the [`catalogue`], which is rows and no events, [`orders`] of what is in it, and the
//!   [`checkout`] that pays them;
//! - the `bus`: when the commands of sagas come to where they go;
//! - what it is put together to: the [`bank`] and its [`place`], the [`routes`] and their
//!   documentation;
//! - what it tells others: [`messages_out`], by the [`webhook`] and by the [`outbox`], unencrypted only on
//!   `this_machine`;
//! - which events it has recorded, and must read for ever: [`schemas`];
//! - what the program does: [`options`], [`serve`], [`metrics`], [`import`], [`demo`];
//! - [`traffic`], for whoever needs a busy bank.

pub mod accounts;
pub mod bank;
mod bus;
pub mod catalogue;
pub mod checkout;
pub mod demo;
mod docs;
mod error;
mod history;
pub mod ids;
pub mod import;
pub mod messages_out;
pub mod metrics;
pub mod money;
pub mod options;
pub mod orders;
pub mod outbox;
pub mod place;
pub mod routes;
pub mod schemas;
pub mod serve;
pub mod summary;
mod this_machine;
pub mod traffic;
pub mod transfers;
pub mod users;
pub mod webhook;

pub use error::Error;
