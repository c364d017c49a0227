//! What an import promises, a module for each promise.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_lost_answer_is_resolved;
mod a_refusal_stops_an_import;
mod an_import_is_run_again;
mod an_import_records_what_appends_would;
mod behind_a_pooler;
mod history;
mod others_append_meanwhile;
#[path = "../place/mod.rs"]
mod place;
