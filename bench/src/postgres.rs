//! The PostgreSQL store beside textbook SQL and other libraries, each in a database of its own.

use crate::Outcome;
use crate::conditions;
use crate::effort::Effort;
use crate::measure::Measure;
use crate::report::Report;

mod appends;
mod commands;
mod field;
mod reads;

use field::Field;

const CRATES: [&str; 6] = [
    "cqrs-es",
    "postgres-es",
    "disintegrate",
    "disintegrate-postgres",
    "sqlx",
    "tokio-postgres",
];

const TITLE: &str = "PostgreSQL: Annals beside textbook SQL and other libraries";

const NOTES: &str = "\
Candidates take turns within a round; ratios are taken round by round, and their median counts. Each has a database of
its own on the same server, filled alike before: accounts of 10 events each, and one of 10,000. Whoever appends writes to
a stream of their own and knows its version.

- *naive transaction*: `BEGIN; SELECT max(version); INSERT; COMMIT` on a table `(id bigserial, stream, version, type, data
  jsonb, metadata jsonb, created_at, unique (stream, version))`, prepared, a connection for each writer;
- *one statement*: a prepared `INSERT … SELECT … FROM unnest(…)` on the same table that commits itself, a connection for
  each writer; with 100 events it is the raw batch;
- *cqrs-es* and *disintegrate*: as their documents say, without snapshots; 10 connections, the default of both (32 made
  neither clearly faster), not tested before each use. Contention that disintegrate reports is tried again, as its
  callers must; its append is a serializable transaction. Its migrator needs PostgreSQL 16 for the way it writes one
  number, so its tables are made by a copy of its statements with that number in decimal;
- *disintegrate, unchecked*: its `append_without_validation`, which refuses nobody;
- *Annals*: `PostgresStore` and `Repository` as they come, 8 pooled connections; every append with an expected version.
  Read *as records*, payloads are left as bytes; otherwise they become the domain's events, as with the other libraries;
- *raw SELECT*: the columns of the table of Annals by one streamed statement, each value taken out of its row.

Latencies under full speed are those of writers that wait for their answer before they ask again. At a given pace,
events become due whether or not a writer is free, and count from then; who cannot keep the pace is left out.
";

/// Measures everything.
pub(crate) async fn measure(url: &str, effort: &Effort) -> Outcome<Report> {
    let mut conditions = conditions::of_machine()?;
    conditions.extend(conditions::of_server(url, &CRATES).await?);
    let field = Field::prepare(url, effort).await?;
    let measures = measure_all(&field, effort).await;
    field.clear().await?;
    Ok(Report {
        name: "postgres",
        title: TITLE,
        notes: NOTES,
        conditions,
        measures: measures?,
    })
}

async fn measure_all(field: &Field, effort: &Effort) -> Outcome<Vec<Measure>> {
    let mut measures = vec![
        reads::load(field, effort).await?,
        reads::replay(field, effort).await?,
    ];
    measures.extend(commands::deposits(field, effort).await?);
    for writers in [1, 8] {
        measures.push(appends::singles(field, effort, writers).await?);
    }
    let most = appends::singles(field, effort, appends::MOST_WRITERS).await?;
    let at_pace = appends::at_pace(field, effort, &most).await?;
    measures.extend([most, at_pace]);
    for writers in [1, 8] {
        measures.push(appends::batches(field, effort, writers).await?);
    }
    Ok(measures)
}
