//! What a repository, and the bus before it, promise whoever sends commands.

mod account;
mod account_bus;
mod faulty_store;
mod memory_snapshots;
#[path = "../spans/mod.rs"]
mod spans;
mod two_processes;

mod a_bus_has_its_limits;
mod a_command_by_the_bus_is_measured_and_traced;
mod a_command_decides_on_what_was_recorded;
mod a_command_is_measured_and_traced;
mod a_conflict_is_decided_again;
mod a_lost_answer_never_doubles_an_effect;
mod a_remembered_aggregate_is_not_loaded_again;
mod a_repeat_by_the_bus_gets_the_first_reply;
mod a_repeat_gets_the_first_answer;
mod a_snapshot_changes_nothing_but_the_work;
mod the_past_can_be_loaded;
mod what_is_personal_is_sealed;
mod what_is_rejected_reaches_no_handler;
mod what_is_remembered_never_shows;
