//! What the read side promises, a module for each promise, on one small bank.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_batch_equals_its_events_one_by_one;
mod a_changed_declaration_is_rebuilt;
mod a_paused_owner_writes_nothing;
mod an_inline_projection_runs_beside_its_runner;
mod an_inline_read_model_is_never_stale;
mod bank;
mod behind_a_pooler;
mod effects_and_checkpoints_commit_together;
mod inline_bank;
#[path = "../place/mod.rs"]
mod place;
mod rows_are_found_and_paged;
mod rows_of_several_tables_are_written_together;
mod snapshots_are_kept_whole;
mod what_an_inline_projection_cannot_take_in_is_refused;
