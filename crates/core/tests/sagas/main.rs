//! Sagas: what an instance remembers, and how one of declared steps goes forwards and back.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_failed_step_undoes_what_was_done;
mod a_person_decides_for_one_that_is_parked;
mod a_saga_in_time_is_never_late;
mod an_instance_is_always_of_the_same_share;
mod an_instance_remembers_what_is_open;
mod each_input_is_one_of_its_instance;
mod errand;
mod stages_go_in_order;
mod what_is_empty_is_not_recorded;
mod whatever_is_answered_it_ends_or_is_parked;
