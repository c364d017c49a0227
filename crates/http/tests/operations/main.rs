//! Operating projections over HTTP.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod bank;
mod bare_projector;
#[path = "../service/mod.rs"]
mod service;
mod silent_store;

mod a_bad_request_changes_nothing;
mod a_person_is_forgotten_by_hand;
mod a_poison_event_is_mended_by_hand;
mod a_projection_is_audited;
mod a_read_model_is_made_anew_by_hand;
mod a_read_model_is_seen_as_it_was;
mod an_effect_is_mended_by_hand;
mod an_overview_tells_how_a_projection_is;
mod drifted_rows_are_mended_by_hand;
mod metrics_are_rendered_after_a_look;
mod only_who_shows_the_token_gets_in;
