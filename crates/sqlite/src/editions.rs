//! Editions of read models: tables of the same shape beside each other, which exchange their names.

use std::sync::Arc;

use annals_core::{
    Edition, EditionRows, EditionState, Editions, Exchange, Exchanged, Position, Projector,
    QueryError, Sample, TableFold, TableRows, TableShape, Value,
};
use async_trait::async_trait;
use rusqlite::{Connection, Row, Transaction, params_from_iter};

use crate::bound_fold::BoundFold;
use crate::checkpoint;
use crate::database::Database;
use crate::error::SqliteError;
use crate::projector::TablesProjector;
use crate::schema::{self, Declaration};
use crate::tables::{names, quoted};
use crate::value::{parameters, read_row};

/// What names end with while two editions exchange theirs.
const IN_EXCHANGE: &str = "__exchanged";

#[async_trait]
impl Editions for Database {
    async fn list(&self, projection: &str) -> Result<Vec<EditionState>, QueryError> {
        let projection = projection.to_owned();
        let list = move |tx: &Transaction<'_>| {
            schema::create_own_tables(tx)?;
            let mut states = Vec::new();
            for edition in [Edition::Current, Edition::Candidate, Edition::Previous] {
                let stored = checkpoint::find(tx, &edition.named(&projection))?;
                states.extend(stored.map(|stored| EditionState {
                    edition,
                    fingerprint: stored.fingerprint,
                    position: stored.position,
                }));
            }
            Ok::<_, SqliteError>(states)
        };
        Ok(self.transact(list).await?)
    }

    async fn projector(
        &self,
        fold: TableFold,
        edition: Edition,
    ) -> Result<Arc<dyn Projector>, QueryError> {
        let declaration = Declaration::of(&fold, edition);
        let bound = BoundFold::new(fold, edition);
        Ok(match edition {
            Edition::Candidate => {
                Arc::new(TablesProjector::new(self.clone(), declaration, bound).await?)
            }
            _ => Arc::new(TablesProjector::bound(self.clone(), &declaration, bound)),
        })
    }

    async fn rows(
        &self,
        fold: &TableFold,
        edition: Edition,
        sample: Sample,
    ) -> Result<EditionRows, QueryError> {
        let fold = fold.clone();
        let rows = move |connection: &Connection| {
            let stored = checkpoint::find(connection, &edition.named(fold.name()))?;
            let position = stored.map_or(Position::START, |stored| stored.position);
            let mut tables = Vec::new();
            for (place, shape) in fold.tables().iter().enumerate() {
                tables.push(table_rows(connection, shape, edition, (&sample, place))?);
            }
            Ok(EditionRows { position, tables })
        };
        Ok(self.query(rows).await?)
    }

    async fn exchange(
        &self,
        projection: &str,
        exchange: Exchange,
    ) -> Result<Exchanged, QueryError> {
        let projection = projection.to_owned();
        let exchange = move |tx: &Transaction<'_>| exchange_within(tx, &projection, exchange);
        Ok(self.transact(exchange).await?)
    }

    async fn discard(&self, projection: &str, edition: Edition) -> Result<(), QueryError> {
        assert!(edition != Edition::Current, "the current edition is read");
        let key = edition.named(projection);
        let discard = move |tx: &Transaction<'_>| schema::discard(tx, &key);
        Ok(self.transact(discard).await?)
    }
}

fn exchange_within(
    tx: &Transaction<'_>,
    projection: &str,
    exchange: Exchange,
) -> Result<Exchanged, SqliteError> {
    let successor = exchange.successor();
    let current = checkpoint::find(tx, &Edition::Current.named(projection))?;
    let next = checkpoint::find(tx, &successor.named(projection))?;
    let (Some(current), Some(next)) = (current, next) else {
        return Ok(Exchanged::Missing);
    };
    if next.position < current.position {
        let (position, current) = (next.position, current.position);
        return Ok(Exchanged::Behind { position, current });
    }
    if exchange == Exchange::CutOver {
        schema::discard(tx, &Edition::Previous.named(projection))?;
    }
    let (successor, previous) = (successor.named(""), Edition::Previous.named(""));
    schema::rename(tx, projection, "", IN_EXCHANGE)?;
    schema::rename(tx, projection, &successor, "")?;
    schema::rename(tx, projection, IN_EXCHANGE, &previous)?;
    Ok(Exchanged::Done(next.position))
}

fn table_rows(
    connection: &Connection,
    shape: &TableShape,
    edition: Edition,
    (sample, place): (&Sample, usize),
) -> Result<TableRows, SqliteError> {
    let (table, columns) = (quoted(&edition.named(shape.name)), names(shape.columns));
    let count = format!("select count(*) from {table}");
    let count: i64 = connection.query_row(&count, [], |row| row.get(0))?;
    let read = |row: &Row<'_>| read_row(shape.columns, row);
    let mut sampled = TableRows {
        count: count.cast_unsigned(),
        rows: Vec::new(),
    };
    let mut take = |select: &str, values: &[Value]| -> Result<(), SqliteError> {
        let mut select = connection.prepare_cached(select)?;
        let mut rows = select.query(params_from_iter(parameters(values)))?;
        while let Some(row) = rows.next()? {
            sampled.rows.push(read(row)?);
        }
        Ok(())
    };
    match sample {
        Sample::Random(most) => {
            let select = format!("select {columns} from {table} order by random() limit {most}");
            take(&select, &[])?;
        }
        Sample::Keys(keys) => {
            let is_key = shape
                .key_columns()
                .map(|key| format!("{} = ?", quoted(key.name)));
            let is_key = is_key.collect::<Vec<_>>().join(" and ");
            let select = format!("select {columns} from {table} where {is_key}");
            for key in keys.get(place).into_iter().flatten() {
                take(&select, key)?;
            }
        }
    }
    Ok(sampled)
}
