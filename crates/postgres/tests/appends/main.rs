//! Whoever appends is told the truth, and in time, whatever happens on the way.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_refusal_is_final;
mod a_server_that_vanished_is_noticed_soon;
mod an_append_is_answered_in_time;
mod an_append_is_found_once_it_is_settled;
mod one_append_is_refused_alone;

mod late;
mod lock;
#[path = "../place/mod.rs"]
mod place;
#[path = "../proxy/mod.rs"]
mod proxy;
mod sample;
