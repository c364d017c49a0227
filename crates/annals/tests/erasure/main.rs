//! Persons are forgotten, wherever what events say about them was copied to.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod copies;
mod gate;
mod keys;
mod people;
mod place;

mod a_mixed_event_is_about_all_of_its_persons;
mod a_person_is_forgotten_wherever_they_were_copied_to;
mod a_place_that_fails_holds_up_no_other;
mod a_service_with_personal_events_has_keys;
mod an_erasure_cut_off_anywhere_is_finished;
mod an_erasure_overtakes_what_is_under_way;
mod each_reader_sees_open_values_and_erased_ones_afterwards;
mod on_postgresql;
mod what_comparisons_found_is_forgotten;
mod what_is_beside_the_log_is_deleted;
mod what_is_under_way_meanwhile_brings_nothing_back;
mod what_was_stored_in_plain_text_is_read_as_erased;
