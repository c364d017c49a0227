//! Scenarios on the webhook, with a receiver on this machine.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "../place/mod.rs"]
#[expect(dead_code, reason = "no process is started")]
mod place;
mod receiver;
#[path = "../schema/mod.rs"]
mod schema;
mod teller;

mod calls_are_signed;
mod each_event_arrives_at_least_once;
mod what_the_receiver_answers_counts;
