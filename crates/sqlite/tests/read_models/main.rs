//! What the read side promises, a module for each promise, on one small bank.

mod a_batch_equals_its_events_one_by_one;
mod a_changed_declaration_is_rebuilt;
mod bank;
mod effects_and_checkpoints_commit_together;
mod readers_see_whole_writes;
mod rows_are_found_and_paged;
mod rows_of_several_tables_are_written_together;
mod snapshots_are_kept_whole;
