//! Operating projections over HTTP.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod bank;
mod bare_projector;
#[path = "../service/mod.rs"]
mod service;
mod silent_store;
mod welcomes;

mod a_bad_request_changes_nothing;
mod a_person_is_forgotten_by_hand;
mod a_poison_event_is_mended_by_hand;
mod a_projection_is_audited;
mod a_read_model_is_made_anew_by_hand;
mod a_read_model_is_seen_as_it_was;
mod a_request_to_an_instance_has_one_answer;
mod a_saga_is_asked_by_hand;
mod an_effect_is_mended_by_hand;
mod an_overview_tells_how_a_projection_is;
mod drifted_rows_are_mended_by_hand;
mod instances_are_found_and_shown;
mod metrics_are_rendered_after_a_look;
mod nobody_asks_in_vain_without_being_told;
mod only_who_shows_the_token_gets_in;
