//! The PostgreSQL store beside textbook SQL and other libraries, each in a database of its own.

use crate::Outcome;
use crate::conditions;
use crate::effort::Effort;
use crate::measure::Measure;
use crate::options::Subject;
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
Candidates take turns within a round, each round begun by another one; ratios are taken round by round, and their median
counts. Each has a database of its own on the same server, filled alike before: accounts of 10 events each, and one of
10,000. Whoever appends writes to a stream of their own and knows its version.

- *naive transaction*: `BEGIN; SELECT max(version); INSERT; COMMIT` on a table `(id bigserial, stream, version, type, data
  jsonb, metadata jsonb, created_at, unique (stream, version))`, prepared, a connection for each writer;
- *one statement*: a prepared `INSERT … SELECT … FROM unnest(…)` on the same table that commits itself, a connection for
  each writer; with 100 events it is the raw batch;
- *cqrs-es* and *disintegrate*: as their documents say, without snapshots; 10 connections, the default of both (32 made
  neither clearly faster), not tested before each use. Contention that disintegrate reports is tried again, as its
  callers must; its append is a serializable transaction. Its migrator needs PostgreSQL 16 for the way it writes one
  number, so its tables are made by a copy of its statements with that number in decimal;
- *disintegrate, unchecked*: its `append_without_validation`, which refuses nobody;
- *Annals*: `PostgresStore` and `Repository` as they come: 8 pooled connections, two that write and one that listens;
  every append with an expected version. Appends are of ready-made bytes, as those of the textbooks are, where the other
  libraries are given events and make JSON of them; in commands all do. Read *as records*, payloads are left as bytes;
  otherwise they become the domain's events, as with the other libraries;
- *Annals, remembering*: the same with `Repository::remembering` and room for all accounts, each of which this process
  has looked at before: what a command costs on an account that had its last command here, its append alone. *Annals*
  and the other libraries load the account each time;
- *raw SELECT*: the columns of the table of Annals by one streamed statement, each value taken out of its row.

Latencies under full speed are those of writers that wait for their answer before they ask again. At a given pace,
events become due whether or not a writer is free, and count from then; who cannot keep the pace is left out. A turn of
commands ends after a second or 2,000 commands, as no account has two.
";

/// Measures these subjects.
pub(crate) async fn measure(url: &str, subjects: &[Subject], effort: &Effort) -> Outcome<Report> {
    let mut conditions = conditions::of_machine()?;
    conditions.extend(conditions::of_server(url, &CRATES).await?);
    let field = Field::prepare(url, effort).await?;
    let mut measures = Vec::new();
    for subject in subjects {
        measures.extend(measure_one(*subject, &field, effort).await?);
    }
    field.clear().await?;
    Ok(Report {
        name: "postgres",
        title: TITLE,
        notes: NOTES,
        conditions,
        measures,
    })
}

async fn measure_one(subject: Subject, field: &Field, effort: &Effort) -> Outcome<Vec<Measure>> {
    Ok(match subject {
        Subject::Load => vec![reads::load(field, effort).await?],
        Subject::Replay => vec![reads::replay(field, effort).await?],
        Subject::Commands => commands::deposits(field, effort).await?,
        Subject::Appends => appends::singles_by_writers(field, effort).await?,
        Subject::Batches => appends::batches_by_writers(field, effort).await?,
    })
}
