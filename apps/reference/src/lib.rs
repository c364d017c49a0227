//! The reference service of Annals: a bank, event-sourced, built on what Annals publishes.
//!
//! In reading order:
//!
//! - the domain: [`money`], and [`accounts`] with a slice for each use case;
//! - what it is put together to: the [`bank`] and its [`place`], the [`routes`] and their
//!   documentation;
//! - what it tells others: the [`webhook`];
//! - which events it has recorded, and must read for ever: [`schemas`];
//! - what the program does: [`options`], [`serve`], [`metrics`], [`import`], [`demo`];
//! - [`traffic`], for whoever needs a busy bank.

pub mod accounts;
pub mod bank;
pub mod demo;
mod docs;
mod error;
pub mod import;
pub mod metrics;
pub mod money;
pub mod options;
pub mod place;
pub mod routes;
pub mod schemas;
pub mod serve;
pub mod summary;
pub mod traffic;
pub mod webhook;

pub use error::Error;
