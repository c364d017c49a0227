//! Read models beside what a database does by itself, and beside a projection that writes event by event.
//!
//! In reading order: `read_models` is what is kept; `place` is where; `by_hand` writes the same rows
//! without us; `rebuilding` takes in a whole history, `following` what is recorded meanwhile.

use crate::Outcome;
use crate::conditions;
use crate::effort::Effort;
use crate::measure::Measure;
use crate::report::Report;

mod by_hand;
mod following;
mod place;
mod read_models;
mod rebuilding;

use place::Place;
use read_models::{AccountBalance, EventCount};
use rebuilding::{OF_MANY_ROWS, OF_ONE_ROW};

const CRATES: [&str; 3] = ["rusqlite", "libsqlite3-sys", "tokio-postgres"];

const TITLE: &str = "Projections: read models beside the bare database";

const NOTES: &str = "\
Two read models, each in SQLite with its events in the embedded store, and in PostgreSQL with its events in the same
database: `account_balances` has a row of six columns and an index for each of 10,000 accounts, drawn at random for each
deposit; `event_counts` has one row. Every checkpoint moves in the transaction of the rows it belongs to. PostgreSQL
commits with `synchronous_commit = on`. SQLite has `journal_mode = wal` and `synchronous = normal`, for all: what a power
cut takes is the last transactions, each with its checkpoint, and they are made again from the events.

- *Annals*: a rebuild as it comes: another edition is made from the first event on, in transactions of 20,000 events, and
  takes the place of the one that is read. Reading, decoding, folding, ledger and the exchange count;
- *Annals, catching up*: the projection that runs, behind by the whole history, in transactions of 512 events;
- *row per event*: what one writes by hand: events are read and decoded as ours are, then `BEGIN`, the row is selected,
  folded and upserted, the checkpoint moved, `COMMIT`, all prepared, on one connection, for a second;
- *bare database*: the rows that *Annals* writes, folded beforehand, and nothing else: the same transactions, with the
  same upserts and a checkpoint, but without events, reads or a ledger;
- *appends alone*: what the store takes from one writer, 500 events at a time, with no projection to follow; beside it,
  the same until all of it is shown.

The lag is the time from the answer to an append until `wait_for` its position returns, while single events become due
at a pace whether or not the one before is shown. *The append before* counts from when it was due to its answer: as long
as that is short, the pace is kept.
";

/// Measures everything.
pub(crate) async fn measure(url: &str, effort: &Effort) -> Outcome<Report> {
    let mut conditions = conditions::of_machine()?;
    conditions.extend(conditions::of_server(url, &CRATES).await?);
    let mut measures = Vec::new();
    for place in [Place::sqlite().await?, Place::postgres(url).await?] {
        measures.extend(measure_in(&place, effort).await?);
        place.clear().await?;
    }
    Ok(Report {
        name: "projections",
        title: TITLE,
        notes: NOTES,
        conditions,
        measures,
    })
}

async fn measure_in(place: &Place, effort: &Effort) -> Outcome<Vec<Measure>> {
    read_models::fill(&place.store, effort.projected_events).await?;
    place.settle().await?;
    let mut balances =
        rebuilding::measure::<AccountBalance, _>(place, effort, OF_MANY_ROWS).await?;
    rebuilding::want(&mut balances, place.least_per_second);
    let counts = rebuilding::measure::<EventCount, _>(place, effort, OF_ONE_ROW).await?;
    let following = following::measure(place, effort).await?;
    let lag = following::lag(place, effort).await?;
    Ok(vec![balances, counts, following, lag])
}
