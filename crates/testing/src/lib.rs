//! What tests of Annals are made with.
//!
//! - [`conformance`]: the contract of [`EventStore`](annals_core::EventStore) as a suite of cases,
//!   which every backend, wrapper and client runs;
//! - [`given()`]: given/when/then for aggregates, and [`given_events`] for projections;
//! - [`ManualClock`] and [`SequentialIds`]: time and identity in the test's hands.

mod clock;
pub mod conformance;
mod given;
mod ids;

pub use clock::ManualClock;
pub use given::{Decision, Given, GivenEvents, Happened, given, given_events, happened};
pub use ids::SequentialIds;
