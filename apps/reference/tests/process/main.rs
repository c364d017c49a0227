//! Scenarios on the program itself: started, signalled, killed.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_stop_signal_drains;
mod what_is_unsafe_must_be_said;
