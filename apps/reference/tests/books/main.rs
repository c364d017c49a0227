//! The bank's books: whatever happens, they add up.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod bank_data;
mod commits;
mod import_process;
mod ledger;
mod money_on_its_way;
#[path = "../place/mod.rs"]
mod place;
#[path = "../schema/mod.rs"]
mod schema;
mod tables;

mod a_killed_database_forgets_nothing_of_an_import;
mod a_killed_import_ends_as_an_uninterrupted_one;
mod each_read_model_equals_a_fold_of_the_log;
mod money_is_conserved_while_clients_compete;
mod money_is_conserved_while_it_is_transferred;
mod the_import_ends_as_the_data_says;
