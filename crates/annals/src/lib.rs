//! Annals: what happened, in the order it happened, kept.
//!
//! An event-sourcing and CQRS platform. This crate is the one to depend on: the nouns at its
//! root, the parts in modules, and [`Annals`] to put them together.
//!
//! A whole service, with nothing to install and nothing to start:
//!
//! ```
#![doc = include_str!("../examples/account.rs")]
//! ```

mod builder;
mod commands;
mod declared_aggregate;
mod declared_command;
mod declared_effect;
mod declared_saga;
mod error;
mod forgetting;
mod keys_place;
mod place;
mod runners;
mod sagas;
mod service;
mod typed_tables;
#[cfg(feature = "validation")]
mod validation;

pub use annals_core::*;
pub use annals_embedded as embedded;
#[cfg(feature = "http")]
pub use annals_http as http;
pub use annals_keys as keys;
pub use annals_macros::{Event, Projection, ReadModel, snapshot};
#[cfg(any(feature = "nats", feature = "redis", feature = "webhooks"))]
pub use annals_outbox as outbox;
#[cfg(feature = "postgres")]
pub use annals_postgres as postgres;
pub use annals_runtime as runtime;
pub use annals_schema as schema;
pub use annals_sqlite as sqlite;
pub use builder::Builder;
pub use error::Error;
pub use service::Annals;
#[cfg(feature = "validation")]
pub use validation::faults_of;
