//! What a running projection promises whoever reads its read model.

mod flaky_store;
mod ledger;
mod processes;

mod a_failing_process_hands_the_work_over;
mod a_failure_applies_nothing_twice;
mod a_projection_goes_on_where_it_was;
mod a_projection_takes_in_what_is_recorded;
mod a_reader_says_how_new_an_answer_must_be;
mod a_superseded_projection_tells_nothing;
mod an_event_that_cannot_be_applied_is_not_passed_over;
mod one_process_works_and_the_others_follow;
