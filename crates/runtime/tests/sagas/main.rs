//! Sagas that run: a transfer of money, whatever happens on the way.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_killed_process_leaves_nothing_half_done;
mod a_transfer_ends_well_or_is_undone;
mod bank;
mod freezing_store;
mod transfer;
mod world;
