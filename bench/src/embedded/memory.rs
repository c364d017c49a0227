//! What a large store takes of the process's memory, and how long it takes to open.

use std::sync::Arc;
use std::time::Instant;

use annals_core::EventStore;
use annals_embedded::EmbeddedStore;
use tempfile::TempDir;

use crate::candidates::annals::Annals;
use crate::candidates::{ANNALS, Library};
use crate::effort::Effort;
use crate::figure::{Unit, grouped};
use crate::measure::Measure;
use crate::{Outcome, conditions};

use super::DEPOSITS;

/// Fills a store with twice the events that are read elsewhere, and opens it again.
pub(super) async fn measure(effort: &Effort) -> Outcome<[Measure; 2]> {
    let events = effort.embedded_events * 2;
    let streams = events / DEPOSITS;
    let directory = TempDir::new()?;
    let path = directory.path().join("log");
    let before = resident_mebibytes()?;
    let annals = Annals::on(Arc::new(EmbeddedStore::open(&path)?));
    annals.fill(0..streams, DEPOSITS).await?;
    let title = format!(
        "Memory for {} events in {} streams",
        grouped(events),
        grouped(streams)
    );
    let mut memory = Measure::new("memory", title, Unit::Mebibytes);
    memory.add(ANNALS, resident_mebibytes()? - before);
    drop(annals);

    let title = format!("Opening {} events, all of them verified", grouped(events));
    let mut opening = Measure::new("opening", title, Unit::Milliseconds);
    for _ in 0..effort.rounds {
        let started = Instant::now();
        let store = EmbeddedStore::open(&path)?;
        opening.add(ANNALS, started.elapsed().as_secs_f64() * 1_000.0);
        if store.head().await?.0 != events as u64 {
            return Err("the store that was opened is not the one that was filled".into());
        }
    }
    Ok([memory, opening])
}

fn resident_mebibytes() -> Outcome<f64> {
    Ok(conditions::kibibytes("/proc/self/status", "VmRSS:")? / 1024.0)
}
