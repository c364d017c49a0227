//! What tests of Annals are made with.
//!
//! - [`conformance`]: the contract of [`EventStore`](annals_core::EventStore) as a suite of cases,
//!   which every backend, wrapper and client runs;
//! - [`read_models`]: the contracts of [`ReadModels`](annals_core::ReadModels) and of projectors, as
//!   a suite which every database runs;
//! - [`ordering`]: whether its readers can miss, repeat or reorder events, as a suite of cases that
//!   try to make them;
//! - [`given()`]: given/when/then for aggregates, and [`given_events`] for projections;
//! - [`ManualClock`], [`SequentialIds`] and [`MemoryLeases`]: time, identity, and whose turn it is,
//!   in the test's hands.

mod clock;
pub mod conformance;
mod given;
mod ids;
mod leases;
pub mod ordering;
pub mod read_models;

pub use clock::ManualClock;
pub use given::{Decision, Given, GivenEvents, Happened, given, given_events, happened};
pub use ids::SequentialIds;
pub use leases::MemoryLeases;
