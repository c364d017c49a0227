//! What was taken for a transfer that comes to nothing is given back, however long that fails.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_refund_that_fails_is_retried_then_waits_for_a_person;
mod bank;
mod operator;
#[path = "../reply/mod.rs"]
mod reply;
mod troubled;
