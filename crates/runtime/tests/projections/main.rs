//! What a running projection promises whoever reads its read model, and an effect the outside.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod flaky_store;
mod ledger;
mod outside;
mod processes;
#[path = "../spans/mod.rs"]
mod spans;

mod a_failing_process_hands_the_work_over;
mod a_failure_applies_nothing_twice;
mod a_new_effect_begins_where_it_says;
mod a_pause_stops_the_work_and_ends_nothing;
mod a_projection_goes_on_where_it_was;
mod a_projection_takes_in_what_is_recorded;
mod a_reader_says_how_new_an_answer_must_be;
mod a_refusal_parks_its_partition_alone;
mod a_slow_partition_holds_up_no_other;
mod a_superseded_projection_tells_nothing;
mod an_effect_is_repeated_under_its_key;
mod an_event_that_cannot_be_applied_is_not_passed_over;
mod effects_are_performed_in_order;
mod one_process_works_and_the_others_follow;
mod what_is_done_is_measured;
mod what_is_done_is_traced;
mod whatever_fails_no_effect_is_skipped;
