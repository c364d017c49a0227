//! Given what happened, when something is asked, then this follows: tests of aggregates and
//! projections in the words of the domain.

mod aggregate;
mod difference;
mod projection;
#[cfg(test)]
mod tests;

pub use aggregate::{Decision, Given, given};
pub use projection::{GivenEvents, Happened, given_events, happened};
