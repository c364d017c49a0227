//! Transfers and checkouts that are killed in their midst: the service, its database, or a process that
//! is only paused. However often, each ends as it has to, and pays once.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod books;
mod clients;
#[path = "../books/commits.rs"]
mod commits;
mod log;
#[path = "../place/mod.rs"]
#[expect(
    unused_macros,
    unused_imports,
    reason = "each place has a number of runs of its own"
)]
mod place;
mod round;
mod runs;
#[path = "../schema/mod.rs"]
mod schema;
#[path = "../process/service.rs"]
#[expect(dead_code, reason = "nobody reads the log of a process that is killed")]
mod service;
mod tally;

mod a_killed_database_stops_no_saga_for_good;
mod a_killed_service_ends_what_was_under_way;
mod a_paused_owner_charges_nobody_twice;
