//! A store that holds events of every shape there ever was, beside one of today that holds the same.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_store_of_old_shapes_answers_as_one_of_today;
mod answers;
mod fixture;
mod once;
#[path = "../schema/mod.rs"]
mod schema;
#[path = "../service/mod.rs"]
mod service;
mod stored;
mod today;
