//! Who takes part, and what is asked of them.
//!
//! `textbook` and `raw_select` are what one writes without a library; `cqrs_es`, `disintegrate` and `annals` are
//! the libraries.

use std::ops::Range;

use async_trait::async_trait;

use crate::Outcome;
use crate::drive::Worker;

pub(crate) mod annals;
pub(crate) mod cqrs_es;
pub(crate) mod disintegrate;
pub(crate) mod raw_select;
pub(crate) mod textbook;

pub(crate) const NAIVE: &str = "naive transaction";
pub(crate) const ONE_STATEMENT: &str = "one statement";
pub(crate) const RAW_SELECT: &str = "raw SELECT";
pub(crate) const CQRS_ES: &str = "cqrs-es";
pub(crate) const DISINTEGRATE: &str = "disintegrate";
pub(crate) const DISINTEGRATE_UNCHECKED: &str = "disintegrate, unchecked";
pub(crate) const ANNALS: &str = "Annals";
pub(crate) const ANNALS_REMEMBERING: &str = "Annals, remembering";
pub(crate) const ANNALS_RECORDS: &str = "Annals, as records";
pub(crate) const ANNALS_CATCHING_UP: &str = "Annals, catching up";
pub(crate) const ANNALS_COUNTING: &str = "Annals, counting";
pub(crate) const ROW_PER_EVENT: &str = "row per event";
pub(crate) const BARE_DATABASE: &str = "bare database";
pub(crate) const APPENDS_ALONE: &str = "appends alone";
pub(crate) const THE_APPEND: &str = "the append before";
pub(crate) const BARE_COMMANDS: &str = "bare commands";
pub(crate) const TIMERS_ALONE: &str = "timers alone";
pub(crate) const TIMERS_UNDER_LOAD: &str = "timers under load";

/// The libraries beside Annals, in all their ways.
pub(crate) const PEERS: [&str; 3] = [CQRS_ES, DISINTEGRATE, DISINTEGRATE_UNCHECKED];

/// Whoever takes part.
pub(crate) trait Candidate: Send + Sync {
    /// What it is called in the tables.
    fn name(&self) -> &'static str;
}

/// Something that takes events.
#[async_trait]
pub(crate) trait Appends: Candidate {
    /// A writer of a stream that nobody else writes to, so many events at a time.
    async fn writer(&self, stream: String, events: usize) -> Outcome<Box<dyn Worker>>;
}

/// Something that gives back all its events.
#[async_trait]
pub(crate) trait Replays: Candidate {
    /// Reads every event and tells how many there were.
    async fn read_all(&self) -> Outcome<u64>;
}

/// An event-sourcing library, set up with the aggregate of an account.
#[async_trait]
pub(crate) trait Library: Appends + Replays {
    /// Makes accounts with so many deposits each, by the shortest way.
    async fn fill(&self, accounts: Range<usize>, deposits: usize) -> Outcome;

    /// Loads an account from all its events and tells its balance.
    async fn load(&self, account: &str) -> Outcome<u64>;

    /// Loads an account, lets it decide about a deposit, and appends what follows.
    async fn deposit(&self, account: &str) -> Outcome;
}

/// So many writers at a time, each with a stream of its own whose name begins with `streams`.
pub(crate) async fn writers_of(
    candidate: &dyn Appends,
    streams: &str,
    writers: usize,
    events: usize,
) -> Outcome<Vec<Box<dyn Worker>>> {
    let mut workers = Vec::new();
    for writer in 0..writers {
        let stream = format!("{streams}-{writers}-{writer}");
        workers.push(candidate.writer(stream, events).await?);
    }
    Ok(workers)
}

/// `8 writers`.
pub(crate) fn by(writers: usize) -> String {
    match writers {
        1 => "1 writer".to_owned(),
        writers => format!("{writers} writers"),
    }
}

/// Who takes part, beginning with another one in each round: being first, or last, is nobody's lot.
pub(crate) fn in_turn<T, const N: usize>(round: usize, mut candidates: [T; N]) -> [T; N] {
    candidates.rotate_left(round % N);
    candidates
}
