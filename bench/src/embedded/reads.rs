//! Reads from the page cache: all events, and an aggregate.

use std::sync::Arc;
use std::time::Instant;

use annals_core::EventStore;
use annals_embedded::EmbeddedStore;
use tempfile::TempDir;

use crate::candidates::annals::{Annals, Records};
use crate::candidates::{Candidate, Library, Replays};
use crate::effort::Effort;
use crate::figure::{Unit, grouped};
use crate::measure::Measure;
use crate::{Outcome, fact};

use super::DEPOSITS;

/// Loads in one round.
const LOADS: usize = 1_000;

/// Reads everything, then aggregates one by one.
pub(super) async fn measure(effort: &Effort) -> Outcome<[Measure; 2]> {
    let directory = TempDir::new()?;
    let store: Arc<dyn EventStore> = Arc::new(EmbeddedStore::open(directory.path().join("log"))?);
    let annals = Annals::on(Arc::clone(&store));
    let accounts = effort.embedded_events / DEPOSITS;
    annals.fill(0..accounts, DEPOSITS).await?;
    let title = format!("Reading all of {} events", grouped(effort.embedded_events));
    let mut replay = Measure::new("replay", title, Unit::PerSecond("events/s"));
    let title = format!("Loading an aggregate of {DEPOSITS} events");
    let mut loading = Measure::new("load", title, Unit::Milliseconds);
    for _ in 0..effort.rounds {
        add_replay(&mut replay, &Records(Arc::clone(&store))).await?;
        add_replay(&mut replay, &annals).await?;
        let started = Instant::now();
        for load in 0..LOADS {
            annals.load(&fact::account(load * 7 % accounts)).await?;
        }
        let milliseconds = started.elapsed().as_secs_f64() * 1_000.0 / LOADS as f64;
        loading.add(annals.name(), milliseconds);
    }
    Ok([replay, loading])
}

async fn add_replay(measure: &mut Measure, candidate: &dyn Replays) -> Outcome {
    let started = Instant::now();
    let events = candidate.read_all().await?;
    measure.add(
        candidate.name(),
        events as f64 / started.elapsed().as_secs_f64(),
    );
    Ok(())
}
