//! Ways in over HTTP: what a service on axum needs to answer commands and queries well.
//!
//! - requests: [`Command`] and [`Parameters`] read them by [`FromFields`], through [`Fields`],
//!   and name every bad field at once;
//! - answers: [`Answer`] with the version and the position, [`Page`] for collections, [`Problem`]
//!   (RFC 9457) for everything that went wrong;
//! - how new an answer must be, such as to read one's own writes: [`Freshness`];
//! - around a whole router: [`guard`], with [`Limits`], request ids, an access log, and nothing
//!   that leaks from a failure; [`Readiness`] for who watches over the service;
//! - for who operates it: [`Operations`] on projections and their dead letters, and on sagas, behind a
//!   [`BearerToken`].

mod answer;
mod bearer;
mod body;
mod command;
mod command_fault;
mod failure;
mod faults;
mod fields;
mod freshness;
mod guard;
mod health;
mod object;
pub mod openapi;
mod operations;
mod page;
mod parameters;
mod problem;
mod request_id;

pub use answer::Answer;
pub use bearer::{BearerToken, UnfitToken};
pub use command::Command;
pub use faults::{Fault, Faults};
pub use fields::{Fields, FromFields};
pub use freshness::{Freshness, MIN_POSITION};
pub use guard::{Limits, guard};
pub use health::{ProjectionHealth, Readiness, SagaHealth, StoreHealth, live};
pub use object::{JsonValue, Object, text};
pub use operations::Operations;
pub use page::{Cursor, Page, PageRequest, Pagination};
pub use parameters::Parameters;
pub use problem::Problem;
pub use request_id::RequestContext;
