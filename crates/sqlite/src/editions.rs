//! Editions of read models: tables of the same shape beside each other, which exchange their names.

use std::sync::Arc;

use annals_core::{
    Edition, EditionRows, EditionState, EditionView, Editions, Exchange, Exchanged, Position,
    ProjectionError, Projector, QueryError, Replacement, Sample, TableFold, TableRows, TableShape,
    Value,
};
use async_trait::async_trait;
use rusqlite::{Connection, Transaction, params_from_iter};

use crate::bound_fold::BoundFold;
use crate::checkpoint;
use crate::database::Database;
use crate::dead_letters::Letters;
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

    async fn view(
        &self,
        fold: &TableFold,
        edition: Edition,
        keys: Vec<Vec<Vec<Value>>>,
    ) -> Result<Option<EditionView>, QueryError> {
        let (fold, key) = (fold.clone(), edition.named(fold.name()));
        let view = move |connection: &Connection| {
            let Some(checkpoint) = checkpoint::find(connection, &key)? else {
                return Ok(Ok(None));
            };
            let tables = fold.tables().iter().zip(&keys);
            let rows = tables.map(|(shape, keys)| rows_of(connection, shape, edition, keys));
            let rows = rows.collect::<Result<_, SqliteError>>()?;
            let letters = Letters::of(key).list(connection, Position::START, u32::MAX);
            Ok(letters.map(|letters| {
                Some(EditionView {
                    checkpoint,
                    letters,
                    rows,
                })
            }))
        };
        Ok(self.query(view).await??)
    }

    async fn replace(
        &self,
        fold: &TableFold,
        edition: Edition,
        replacement: Replacement,
    ) -> Result<(), ProjectionError> {
        let declaration = Declaration::of(fold, edition);
        let bound = BoundFold::new(fold.clone(), edition);
        TablesProjector::bound(self.clone(), &declaration, bound)
            .replace(replacement)
            .await
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
    let rows = match sample {
        Sample::Random(most) => {
            let select = format!("select {columns} from {table} order by random() limit {most}");
            select_rows(connection, shape, &select, &[])?
        }
        Sample::Keys(keys) => match keys.get(place) {
            Some(keys) => rows_of(connection, shape, edition, keys)?,
            None => Vec::new(),
        },
    };
    Ok(TableRows {
        count: count.cast_unsigned(),
        rows,
    })
}

/// The rows of these keys, as far as they are there.
fn rows_of(
    connection: &Connection,
    shape: &TableShape,
    edition: Edition,
    keys: &[Vec<Value>],
) -> Result<Vec<Vec<Value>>, SqliteError> {
    let (table, columns) = (quoted(&edition.named(shape.name)), names(shape.columns));
    let is_key = shape
        .key_columns()
        .map(|key| format!("{} = ?", quoted(key.name)));
    let is_key = is_key.collect::<Vec<_>>().join(" and ");
    let select = format!("select {columns} from {table} where {is_key}");
    let mut rows = Vec::new();
    for key in keys {
        rows.extend(select_rows(connection, shape, &select, key)?);
    }
    Ok(rows)
}

fn select_rows(
    connection: &Connection,
    shape: &TableShape,
    select: &str,
    values: &[Value],
) -> Result<Vec<Vec<Value>>, SqliteError> {
    let mut select = connection.prepare_cached(select)?;
    let mut rows = select.query(params_from_iter(parameters(values)))?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        read.push(read_row(shape.columns, row)?);
    }
    Ok(read)
}
