//! Editions of read models: tables of the same names in schemas beside each other, which change
//! places.

use std::sync::Arc;

use annals_core::{
    Edition, EditionRows, EditionState, EditionView, Editions, Exchange, Exchanged, Position,
    ProjectionError, Projector, QueryError, Replacement, Sample, TableFold, TableRows, TableShape,
    Value,
};
use async_trait::async_trait;
use tokio_postgres::types::Type;

use crate::bound_fold::BoundFold;
use crate::checkpoint;
use crate::dead_letters::Letters;
use crate::error::PostgresError;
use crate::postgres::{Postgres, Transaction};
use crate::projector::TablesProjector;
use crate::read_models::PostgresReadModels;
use crate::rows::RowStatements;
use crate::schema::{Declaration, Installed, discard, lock, rename};
use crate::tables::{in_read_schema, quoted, schema, selected};
use crate::value::read_row;

/// How long an exchange waits for each of those who read or write the tables: readers that come
/// meanwhile wait behind it.
const PATIENCE: &str = "set local lock_timeout = '10ms'";

/// Where tables are while two editions change places.
const IN_EXCHANGE: &str = "{read}_exchange";

#[async_trait]
impl Editions for PostgresReadModels {
    async fn list(&self, projection: &str) -> Result<Vec<EditionState>, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        let mut states = Vec::new();
        for edition in [Edition::Current, Edition::Candidate, Edition::Previous] {
            let there = Installed::find(&self.postgres, &tx, &edition.named(projection)).await?;
            states.extend(there.map(|there| EditionState {
                edition,
                fingerprint: there.fingerprint,
                position: there.position,
            }));
        }
        Ok(states)
    }

    async fn projector(
        &self,
        fold: TableFold,
        edition: Edition,
    ) -> Result<Arc<dyn Projector>, QueryError> {
        let declaration = Declaration::of(&fold, edition);
        let bound = BoundFold::new(&self.postgres, fold, edition);
        Ok(match edition {
            Edition::Candidate => {
                Arc::new(TablesProjector::new(&self.postgres, declaration, bound).await?)
            }
            _ => Arc::new(TablesProjector::bound(&self.postgres, &declaration, bound)),
        })
    }

    async fn rows(
        &self,
        fold: &TableFold,
        edition: Edition,
        sample: Sample,
    ) -> Result<EditionRows, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        tx.batch("set transaction isolation level repeatable read")
            .await?;
        let position = "select position from {read}.annals_checkpoints where projection = $1";
        let key = edition.named(fold.name());
        let position = tx
            .rows(&self.postgres.sql(position), &[(&key, Type::TEXT)])
            .await?;
        let position: i64 = position
            .first()
            .map_or(Ok(0), |row| row.try_get(0))
            .map_err(PostgresError::from)?;
        let mut tables = Vec::new();
        for (place, shape) in fold.tables().iter().enumerate() {
            let keys = match &sample {
                Sample::Random(most) => Wanted::Random(*most),
                Sample::Keys(keys) => Wanted::Keys(keys.get(place).map_or(&[], Vec::as_slice)),
            };
            tables.push(table_rows(&self.postgres, &tx, (shape, edition), keys).await?);
        }
        Ok(EditionRows {
            position: Position(position.cast_unsigned()),
            tables,
        })
    }

    async fn view(
        &self,
        fold: &TableFold,
        edition: Edition,
        keys: Vec<Vec<Vec<Value>>>,
    ) -> Result<Option<EditionView>, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        tx.batch("set transaction isolation level repeatable read")
            .await?;
        let key = edition.named(fold.name());
        let Some(checkpoint) = checkpoint::find(&self.postgres, &tx, &key).await? else {
            return Ok(None);
        };
        let letters = Letters::of(key, &self.postgres);
        let letters = letters.list(&tx, Position::START, u32::MAX).await?;
        let mut rows = Vec::new();
        for (shape, keys) in fold.tables().iter().zip(&keys) {
            let statements = RowStatements::of(shape, edition, &self.postgres);
            rows.push(statements.load(&tx, keys).await?.into_values().collect());
        }
        Ok(Some(EditionView {
            checkpoint,
            letters,
            rows,
        }))
    }

    async fn replace(
        &self,
        fold: &TableFold,
        edition: Edition,
        replacement: Replacement,
    ) -> Result<(), ProjectionError> {
        let declaration = Declaration::of(fold, edition);
        let bound = BoundFold::new(&self.postgres, fold.clone(), edition);
        TablesProjector::bound(&self.postgres, &declaration, bound)
            .replace(&replacement)
            .await
    }

    async fn exchange(
        &self,
        projection: &str,
        exchange: Exchange,
    ) -> Result<Exchanged, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        tx.batch(PATIENCE).await?;
        let exchanged = exchange_within(&self.postgres, &tx, projection, exchange).await?;
        tx.commit().await?;
        Ok(exchanged)
    }

    async fn discard(&self, projection: &str, edition: Edition) -> Result<(), QueryError> {
        assert!(edition != Edition::Current, "the current edition is read");
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        lock(&self.postgres, &tx, projection).await?;
        discard(&self.postgres, &tx, projection, edition).await?;
        Ok(tx.commit().await?)
    }
}

async fn exchange_within(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
    exchange: Exchange,
) -> Result<Exchanged, PostgresError> {
    let successor = exchange.successor();
    lock(postgres, tx, projection).await?;
    let current = Installed::hold(postgres, tx, &Edition::Current.named(projection)).await?;
    let next = Installed::hold(postgres, tx, &successor.named(projection)).await?;
    let (Some(current), Some(next)) = (current, next) else {
        return Ok(Exchanged::Missing);
    };
    if next.position < current.position {
        let (position, current) = (next.position, current.position);
        return Ok(Exchanged::Behind { position, current });
    }
    // First, while the token of each owner there is counts.
    fence_off(postgres, tx, projection).await?;
    if exchange == Exchange::CutOver {
        discard(postgres, tx, projection, Edition::Previous).await?;
    }
    let (here, there) = (schema(Edition::Current), schema(successor));
    move_tables(postgres, tx, &current.tables, (here, IN_EXCHANGE)).await?;
    move_tables(postgres, tx, &next.tables, (there, here)).await?;
    let previous = schema(Edition::Previous);
    move_tables(postgres, tx, &current.tables, (IN_EXCHANGE, previous)).await?;
    let aside = format!("{projection}__exchanged");
    rename(postgres, tx, (projection, &aside)).await?;
    rename(postgres, tx, (&successor.named(projection), projection)).await?;
    rename(postgres, tx, (&aside, &Edition::Previous.named(projection))).await?;
    Ok(Exchanged::Done(next.position))
}

async fn move_tables(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    tables: &[String],
    (from, to): (&str, &str),
) -> Result<(), PostgresError> {
    let moved = tables.iter().map(|table| {
        let table = quoted(table);
        format!("alter table {from}.{table} set schema {to};")
    });
    tx.batch(&postgres.sql(&moved.collect::<String>())).await
}

/// Whoever owns an edition owns it no more, and resumes what has its place then.
async fn fence_off(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
) -> Result<(), PostgresError> {
    let editions = [Edition::Current, Edition::Candidate, Edition::Previous];
    let keys: Vec<String> = editions
        .iter()
        .map(|edition| edition.named(projection))
        .collect();
    let fence = "update {read}.annals_checkpoints set token = newest.token + 1
                 from (select max(token) as token from {read}.annals_checkpoints
                       where projection = any ($1)) newest
                 where projection = any ($1)";
    tx.execute(&postgres.sql(fence), &[(&keys, Type::TEXT_ARRAY)])
        .await?;
    Ok(())
}

/// Which rows of a table.
enum Wanted<'a> {
    Random(u32),
    Keys(&'a [Vec<Value>]),
}

async fn table_rows(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    (shape, edition): (&TableShape, Edition),
    wanted: Wanted<'_>,
) -> Result<TableRows, PostgresError> {
    let table = in_read_schema(shape.name, edition);
    let count = postgres.sql(&format!("select count(*) from {table}"));
    let count: i64 = tx
        .rows(&count, &[])
        .await?
        .first()
        .map_or(Ok(0), |row| row.try_get(0))?;
    let rows = match wanted {
        Wanted::Keys(keys) => {
            let statements = RowStatements::of(shape, edition, postgres);
            statements.load(tx, keys).await?.into_values().collect()
        }
        Wanted::Random(most) => {
            let columns = selected(shape.columns);
            let select = format!("select {columns} from {table} order by random() limit {most}");
            let rows = tx.rows(&postgres.sql(&select), &[]).await?;
            let rows = rows.iter().map(|row| read_row(shape.columns, row));
            rows.collect::<Result<_, _>>()?
        }
    };
    Ok(TableRows {
        count: count.cast_unsigned(),
        rows,
    })
}
