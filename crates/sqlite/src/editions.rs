//! Editions of read models: tables of the same shape beside each other, which exchange their names.

use std::sync::Arc;

use annals_core::{
    Edition, EditionRows, EditionState, EditionView, Editions, Exchange, Exchanged, Position,
    ProjectionError, Projector, QueryError, Replacement, Sample, Successor, TableFold, TableRows,
    TableShape, Timestamp, Value,
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
        let list = move |connection: &Connection| {
            let mut states = Vec::new();
            for edition in [Edition::Current, Edition::Candidate, Edition::Previous] {
                let key = edition.named(&projection);
                let Some(stored) = checkpoint::find(connection, &key)? else {
                    continue;
                };
                states.push(EditionState {
                    edition,
                    id: stored.edition,
                    fingerprint: stored.fingerprint,
                    position: stored.position,
                    replaced_at: checkpoint::replaced_at(connection, &key)?,
                });
            }
            Ok(states)
        };
        Ok(self.query(list).await?)
    }

    async fn projector(
        &self,
        fold: TableFold,
        edition: Edition,
    ) -> Result<Arc<dyn Projector>, QueryError> {
        let declaration = Declaration::of(&fold, edition);
        let bound = BoundFold::new(fold, edition);
        let declaration = match edition {
            Edition::Current => declaration.letting_others_stay(),
            Edition::Candidate => declaration,
            Edition::Previous => {
                let projector = TablesProjector::bound(self.clone(), &declaration, bound);
                return Ok(Arc::new(projector));
            }
        };
        let projector = TablesProjector::new(self.clone(), declaration, bound).await?;
        Ok(Arc::new(projector))
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
        fold: &TableFold,
        exchange: Exchange,
        successor: &mut dyn Successor,
        now: Timestamp,
    ) -> Result<Exchanged, QueryError> {
        let _stands_still = self.turns.take(fold.name()).await;
        let exchanged = self.try_exchange(fold, exchange, now).await?;
        let Exchanged::Behind { current, .. } = exchanged else {
            return Ok(exchanged);
        };
        successor.catch_up(current).await;
        Ok(self.try_exchange(fold, exchange, now).await?)
    }

    async fn discard(&self, projection: &str, edition: Edition) -> Result<(), QueryError> {
        assert!(edition != Edition::Current, "the current edition is read");
        let key = edition.named(projection);
        let discard = move |tx: &Transaction<'_>| schema::discard(tx, &key);
        Ok(self.transact(discard).await?)
    }

    async fn discard_replaced(
        &self,
        projection: &str,
        until: Timestamp,
    ) -> Result<bool, QueryError> {
        let key = Edition::Previous.named(projection);
        let discard = move |tx: &Transaction<'_>| {
            let replaced_at = checkpoint::replaced_at(tx, &key)?;
            let is_due = replaced_at.is_some_and(|replaced_at| replaced_at <= until);
            if is_due {
                schema::discard(tx, &key)?;
            }
            Ok::<_, SqliteError>(is_due)
        };
        Ok(self.transact(discard).await?)
    }
}

impl Database {
    async fn try_exchange(
        &self,
        fold: &TableFold,
        exchange: Exchange,
        now: Timestamp,
    ) -> Result<Exchanged, SqliteError> {
        let fold = fold.clone();
        let exchange = move |tx: &Transaction<'_>| exchange_within(tx, &fold, exchange, now);
        self.transact(exchange).await
    }
}

fn exchange_within(
    tx: &Transaction<'_>,
    fold: &TableFold,
    exchange: Exchange,
    now: Timestamp,
) -> Result<Exchanged, SqliteError> {
    let (projection, successor) = (fold.name(), exchange.successor());
    let current = checkpoint::find(tx, &Edition::Current.named(projection))?;
    let next = checkpoint::find(tx, &successor.named(projection))?;
    let next = next.filter(|next| next.fingerprint == fold.fingerprint());
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
    checkpoint::set_replaced_at(tx, projection, None)?;
    checkpoint::set_replaced_at(tx, &Edition::Previous.named(projection), Some(now))?;
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
