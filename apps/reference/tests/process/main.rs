//! Scenarios on the program itself: started, signalled, killed.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "../books/ledger.rs"]
mod ledger;
mod load;
#[path = "../place/mod.rs"]
#[expect(dead_code, reason = "a process opens its place itself")]
mod place;
#[path = "../schema/mod.rs"]
mod schema;
mod service;
#[path = "../books/tables.rs"]
mod tables;

mod a_stop_signal_drains;
mod no_password_of_a_broker_is_logged;
mod two_processes_share_a_database;
mod what_is_unsafe_must_be_said;
