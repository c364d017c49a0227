//! Reads: all events, and an aggregate of very many.

use std::time::Instant;

use crate::Outcome;
use crate::candidates::{ANNALS, ANNALS_RECORDS, PEERS, RAW_SELECT, in_turn};
use crate::effort::Effort;
use crate::figure::{Unit, grouped};
use crate::measure::{Bound, Measure};

use super::field::{Field, MANY_DEPOSITS};

/// Loads in one turn.
const LOADS: usize = 5;

/// Reads every event of the store.
pub(super) async fn replay(field: &Field, effort: &Effort) -> Outcome<Measure> {
    let events = field.events();
    let title = format!("Reading all of {} events", grouped(events));
    let mut measure = Measure::new("replay", title, Unit::PerSecond("events/s"));
    for round in 0..effort.rounds {
        for candidate in in_turn(round, field.replays()) {
            let started = Instant::now();
            let read = candidate.read_all().await?;
            let seconds = started.elapsed().as_secs_f64();
            if read != events as u64 {
                return Err(format!("{} read {read} of {events}", candidate.name()).into());
            }
            measure.add(candidate.name(), read as f64 / seconds);
        }
    }
    measure.want(ANNALS_RECORDS, RAW_SELECT, Bound::AtLeast(0.8));
    Ok(measure)
}

/// Loads an aggregate from all its events.
pub(super) async fn load(field: &Field, effort: &Effort) -> Outcome<Measure> {
    let title = format!("Loading an aggregate of {} events", grouped(MANY_DEPOSITS));
    let mut measure = Measure::new("load", title, Unit::Milliseconds);
    let account = field.large_account();
    for round in 0..effort.rounds {
        for library in in_turn(round, field.libraries()) {
            let started = Instant::now();
            for _ in 0..LOADS {
                let balance = library.load(&account).await?;
                if balance != MANY_DEPOSITS as u64 {
                    return Err(format!("{} loaded {balance}", library.name()).into());
                }
            }
            let milliseconds = started.elapsed().as_secs_f64() * 1_000.0 / LOADS as f64;
            measure.add(library.name(), milliseconds);
        }
    }
    measure.want_of_best(ANNALS, &PEERS, Bound::AtMost(0.65));
    Ok(measure)
}
