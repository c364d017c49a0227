//! Scenarios on the catalogue, through its contract and through the router: in a file, in memory, and on
//! PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_cut_connection_leaves_nothing_half_done;
mod a_directory_in_use_is_left_alone;
mod client;
#[path = "../each_store/mod.rs"]
mod each_store;
mod opposite_orders_do_not_deadlock;
mod products_are_found;
mod products_are_kept_by_the_rules;
#[path = "../reply/mod.rs"]
mod reply;
mod scarce_stock_is_never_oversold;
#[path = "../schema/mod.rs"]
mod schema;
mod shelf;
mod stock_moves_as_a_whole;
mod the_catalogue_needs_few_rights;
mod the_demo_is_seeded_once;
mod waiting;
mod who_waits_for_a_connection_has_not_failed;
