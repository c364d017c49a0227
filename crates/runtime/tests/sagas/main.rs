//! Sagas that run: a transfer of money, whatever happens on the way.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_killed_process_leaves_nothing_half_done;
mod a_person_decides_for_one_that_is_parked;
mod a_transfer_ends_well_or_is_undone;
mod all_that_is_done_is_one_conversation;
mod an_instance_goes_on_under_its_definition;
mod bank;
mod counting_store;
mod each_input_costs_one_append;
mod freezing_store;
mod many_are_due_at_once;
mod no_instance_is_in_the_way;
mod nobody_waits_for_the_read_model;
mod one_that_panics_is_tried_again;
mod processes_share_instances_out;
mod standing_store;
mod time_is_what_the_clock_says;
mod transfer;
mod troubled;
mod what_cannot_be_taken_in_is_parked;
mod what_comes_twice_or_late_changes_nothing;
mod what_is_rejected_is_given_up_at_once;
mod what_is_stuck_is_told;
mod what_never_succeeds_is_no_endless_loop;
mod whatever_fails_money_is_conserved;
mod world;
