//! Each saga ends completed, compensated or cancelled, or is parked with an alarm; no step has its
//! effect twice, none is forgotten; money and goods are conserved at every position. Whatever fails.
//!
//! In reading order: the `shop` and the `courier` are what `checkout` and `loyalty` work on, the sagas.
//! A `simulation` runs them in two of `process` by the `chance` of one seed; `faults` come by
//! `faulty_handler` and `faulty_store`, on a store that answers `at_once`. An `operator` decides, and
//! sees to things `by_hand`. What is `observed` goes into the `books`, which balance at each position,
//! and before a `judge` in the end, who knows which `alarms` were heard; a `proof` is many
//! simulations. A `flaw` is a planted bug. Every other module is a promise.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod alarms;
mod at_once;
mod books;
mod by_hand;
mod chance;
mod checkout;
mod courier;
mod faults;
mod faulty_handler;
mod faulty_store;
mod flaw;
mod judge;
mod loyalty;
mod observed;
mod operator;
mod planted_bugs_are_convicted;
mod process;
mod proof;
mod shop;
mod simulation;
mod so_it_is_where_stores_last;
mod whatever_fails_each_saga_ends;
