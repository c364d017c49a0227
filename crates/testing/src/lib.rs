//! What tests of Annals are made with.
//!
//! - [`conformance`]: the contract of [`EventStore`](annals_core::EventStore) as a suite of cases,
//!   which every backend, wrapper and client runs;
//! - [`read_models`]: the contracts of [`ReadModels`](annals_core::ReadModels) and of projectors, as
//!   a suite which every database runs;
//! - [`key_stores`] and [`root_keys`]: the contracts of [`KeyStore`](annals_core::KeyStore) and of
//!   [`RootKeys`](annals_core::RootKeys) as suites, for whoever keeps the keys of persons;
//! - [`side_stores`]: the contract of [`SideStore`](annals_core::SideStore) as a suite, for whoever keeps
//!   personal values beside the log;
//! - [`ordering`]: whether its readers can miss, repeat or reorder events, as a suite of cases that
//!   try to make them;
//! - [`watch`]: what a watcher must be able to rely on, judged delivery by delivery, millions of them;
//! - [`given()`]: given/when/then for aggregates;
//! - [`given_events`]: given/then for projections, without a database: which rows they make, that it
//!   is the same ones however they come by the events, and what each event changes;
//! - [`given_saga`]: given/when/then for sagas, over several steps and by a clock of its own;
//! - [`recorded_histories`]: whether old events still fold to the state that they did, and whether
//!   snapshots notice if not;
//! - [`ManualClock`], [`SequentialIds`] and [`MemoryLeases`]: time, identity, and whose turn it is,
//!   in the test's hands.

mod clock;
pub mod conformance;
mod given;
mod histories;
mod ids;
pub mod key_stores;
mod leases;
pub mod ordering;
pub mod read_models;
pub mod root_keys;
pub mod side_stores;
pub mod watch;

pub use clock::ManualClock;
pub use given::{
    Decision, Given, GivenEvents, GivenSaga, Happened, Reaction, Row, RowChange, Step, given,
    given_events, given_events_for_tables, given_saga, happened,
};
pub use histories::recorded_histories;
pub use ids::SequentialIds;
pub use leases::MemoryLeases;
