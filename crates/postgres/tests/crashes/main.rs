//! Crashes of the database under load, and what is left of the events.
//!
//! `load` is what goes on when the crash comes: writers that note what each append was told, and a
//! subscriber. `history` compares all of that with the store. `disk` is a file system whose power
//! can be cut.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod kills_lose_nothing_acknowledged;
mod power_cuts_lose_nothing_acknowledged;

mod disk;
mod history;
mod load;
mod random;
mod subscriber;
mod writer;
