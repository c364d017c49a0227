//! Given what happened, when something is asked, then this follows: tests of aggregates, projections
//! and sagas in the words of the domain.
//!
//! In reading order: `aggregate`; `happened`, the events that are given to a projection;
//! `projection`, which rows are expected of it, and `checks`, in which ways it must come to the same
//! ones: over all `batchings` and `interleavings`. `tables` stands in for a database, and `steps`
//! shows what each event changed. `saga` is what becomes of one, step by step.

mod aggregate;
mod batchings;
mod checks;
mod difference;
mod happened;
mod interleavings;
mod projection;
mod saga;
mod steps;
mod tables;
#[cfg(test)]
mod tests;

pub use aggregate::{Decision, Given, given};
pub(crate) use difference::difference;
pub use happened::{Happened, happened};
pub use projection::{GivenEvents, given_events, given_events_for_tables};
pub use saga::{GivenSaga, Reaction, given_saga};
pub use steps::{RowChange, Step};
pub use tables::Row;
