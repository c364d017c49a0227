//! Durable appends, each round beside the disk's rate in it.

use std::sync::Arc;

use annals_embedded::EmbeddedStore;
use tempfile::TempDir;

use crate::candidates::annals::Annals;
use crate::candidates::{ANNALS, by, writers_of};
use crate::effort::Effort;
use crate::figure::{Unit, grouped};
use crate::measure::{Bound, Measure};
use crate::{Outcome, disk, drive};

const FDATASYNC: &str = "serial fdatasync";
const BATCH: usize = 1_000;

/// How many writers the goal is about.
const MOST_WRITERS: usize = 64;

/// Appends of one event, as fast as so many writers can.
pub(super) async fn singles(effort: &Effort, writers: usize) -> Outcome<Measure> {
    let file = format!("appends-{writers}");
    let title = format!("Durable appends of one event, {}", by(writers));
    let mut measure = Measure::new(file, title, Unit::PerSecond("appends/s"));
    run(&mut measure, effort, writers, 1).await?;
    if writers == MOST_WRITERS {
        measure.want(ANNALS, FDATASYNC, Bound::AtLeast(15.0));
    }
    Ok(measure)
}

/// Appends of very many events, by one writer.
pub(super) async fn batches(effort: &Effort) -> Outcome<Measure> {
    let title = format!("Durable appends of {} events, 1 writer", grouped(BATCH));
    let mut measure = Measure::new("batches", title, Unit::PerSecond("events/s"));
    run(&mut measure, effort, 1, BATCH).await?;
    Ok(measure)
}

async fn run(measure: &mut Measure, effort: &Effort, writers: usize, events: usize) -> Outcome {
    let directory = TempDir::new()?;
    let store = EmbeddedStore::open(directory.path().join("log"))?;
    let annals = Annals::on(Arc::new(store));
    for round in 0..effort.rounds {
        let syncs = disk::syncs_per_second(directory.path(), effort.turn)?;
        measure.add(FDATASYNC, syncs);
        let workers = writers_of(&annals, &round.to_string(), writers, events).await?;
        let run = drive::at_full_speed(workers, effort.turn).await?;
        measure.add_run(ANNALS, &run);
    }
    Ok(())
}
