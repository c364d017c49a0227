//! What a batch finds in the store, which nobody else changes before it has ended.

use std::collections::{HashMap, HashSet};

use annals_core::{Append, AppendError, AppendId, Appended, Position};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::batch::Batch;
use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres, Transaction};
use crate::read::Reader;

/// Each statement must see what was committed before it began.
const ISOLATION: &str = "set transaction isolation level read committed";

/// The lock of `append()`, as in `0001_events.sql`: held until the transaction ends.
const LOCK: &str = "select current_setting('synchronous_commit'),
    pg_advisory_xact_lock(1634627169, '{schema}.store'::regclass::oid::integer)";

/// Time does not go back, whatever the clock does.
const HEAD: &str = "select coalesce(h.position, 0), greatest(clock_timestamp(), h.recorded_at)
    from (values (true)) one
    left join (select e.position, e.recorded_at from {schema}.events e order by e.position desc limit 1) h on true";

const VERSIONS: &str = "select s.stream, (
      select e.version from {schema}.events e where e.stream = s.stream order by e.version desc limit 1)
    from unnest($1) s (stream)";

/// The appends that are recorded already, or events of them, each with the first position of what
/// was recorded. The id of the append comes last, so that it counts more than those of its events.
/// An index is asked once for each id, however many events there are.
const REPEATS: &str = "select r.append, r.position from (
      select i.append, 0 as rank, (
        select e.position - e.append_index from {schema}.events e where e.id = i.id) as position
      from unnest($1, $2) i (id, append)
      union all
      select a.append::integer, 1, (
        select e.position from {schema}.events e where e.append_id = a.id and e.append_index = 0)
      from unnest($3) with ordinality a (id, append)
      offset 0) r
    where r.position is not null order by r.rank, r.position desc";

/// What a batch finds.
pub(super) struct Found {
    /// The position of the last event.
    pub(super) head: Position,
    /// When the batch is recorded.
    pub(super) recorded_at: Timestamp,
    /// How far each stream is that it writes to.
    pub(super) versions: HashMap<String, u64>,
    /// What those of its appends are told that are recorded already, or say they are.
    pub(super) repeats: HashMap<AppendId, Result<Appended, AppendError>>,
}

impl Found {
    /// Waits until nobody else appends, for as long as the transaction lasts, and looks.
    pub(super) async fn by(
        batch: &Batch,
        tx: &Transaction<'_>,
        reader: &Reader,
    ) -> Result<Self, PostgresError> {
        let postgres = &reader.postgres;
        lock(tx, postgres).await?;
        let (head, recorded_at) = head(tx, postgres).await?;
        Ok(Self {
            head,
            recorded_at,
            versions: versions(batch, tx, postgres).await?,
            repeats: repeats(batch, tx, reader).await?,
        })
    }
}

async fn lock(tx: &Transaction<'_>, postgres: &Postgres) -> Result<(), PostgresError> {
    tx.batch(ISOLATION).await?;
    let rows = tx.rows(&postgres.sql(LOCK), &[]).await?;
    let value: String = only(&rows).try_get(0)?;
    match value.as_str() {
        "off" => Err(PostgresError::NotDurable {
            setting: "synchronous_commit",
            value,
        }),
        _ => Ok(()),
    }
}

async fn head(
    tx: &Transaction<'_>,
    postgres: &Postgres,
) -> Result<(Position, Timestamp), PostgresError> {
    let rows = tx.rows(&postgres.sql(HEAD), &[]).await?;
    let row = only(&rows);
    let head: i64 = row.try_get(0)?;
    Ok((Position(head.unsigned_abs()), row.try_get(1)?))
}

async fn versions(
    batch: &Batch,
    tx: &Transaction<'_>,
    postgres: &Postgres,
) -> Result<HashMap<String, u64>, PostgresError> {
    let writes = batch.appends().flat_map(|append| &append.writes);
    let streams: HashSet<&str> = writes.map(|write| write.stream.as_str()).collect();
    let streams: Vec<&str> = streams.into_iter().collect();
    let sql = postgres.sql(VERSIONS);
    let parameters: [Parameter<'_>; 1] = [(&streams, Type::TEXT_ARRAY)];
    let rows = tx.rows_planned(&sql, &parameters).await?;
    let version = |row: &Row| {
        let version: Option<i64> = row.try_get(1)?;
        Ok((row.try_get(0)?, version.unwrap_or(0).unsigned_abs()))
    };
    rows.iter().map(version).collect()
}

async fn repeats(
    batch: &Batch,
    tx: &Transaction<'_>,
    reader: &Reader,
) -> Result<HashMap<AppendId, Result<Appended, AppendError>>, PostgresError> {
    let places = places(batch, tx, &reader.postgres).await?;
    let place = |(append, number)| Some((append, *places.get(&number)?));
    let asked: Vec<(&Append, Position)> = batch.appends().zip(1..).filter_map(place).collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let answers = reader.compare_within(tx, &asked).await;
    let ids = asked.iter().map(|(append, _)| append.id);
    Ok(ids.zip(answers).collect())
}

/// Where the appends are that are recorded already, by number: the first is 1.
async fn places(
    batch: &Batch,
    tx: &Transaction<'_>,
    postgres: &Postgres,
) -> Result<HashMap<i32, Position>, PostgresError> {
    let appends: Vec<Uuid> = batch.appends().map(|append| append.id.0).collect();
    let (events, numbers): (Vec<Uuid>, Vec<i32>) = batch
        .appends()
        .zip(1..)
        .flat_map(|(append, number)| append.events().map(move |event| (event.id.0, number)))
        .unzip();
    let parameters: [Parameter<'_>; 3] = [
        (&events, Type::UUID_ARRAY),
        (&numbers, Type::INT4_ARRAY),
        (&appends, Type::UUID_ARRAY),
    ];
    let rows = tx.rows_planned(&postgres.sql(REPEATS), &parameters).await?;
    let place = |row: &Row| {
        let position: i64 = row.try_get(1)?;
        Ok((row.try_get(0)?, Position(position.unsigned_abs())))
    };
    rows.iter().map(place).collect()
}

fn only(rows: &[Row]) -> &Row {
    rows.first().expect("the statement answers with one row")
}
