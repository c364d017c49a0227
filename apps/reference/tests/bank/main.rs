//! Scenarios on a bank, through its router: in memory, and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_repeat_gets_the_first_answer;
mod an_answer_is_as_new_as_is_asked_for;
mod an_import_names_its_faults;
mod bad_input_appends_nothing;
mod balances_are_seen_as_they_were;
mod client;
mod commands_follow_the_rules;
#[path = "../each_store/mod.rs"]
mod each_store;
mod if_match_guards_a_version;
mod money_is_transferred;
mod old_shapes_stay_readable;
mod operations_are_there_for_who_has_the_token;
mod queries_tell_what_happened;
#[path = "../reply/mod.rs"]
mod reply;
#[path = "../schema/mod.rs"]
mod schema;
#[path = "../old_shapes/stored.rs"]
mod stored;
mod the_demo_is_seeded_once;
mod the_document_names_every_route;
mod users_are_known_and_forgotten;
mod what_happens_is_measured;
