//! Editions of read models: tables of the same names in schemas beside each other, which change
//! places.

use std::sync::Arc;

use annals_core::{
    Edition, EditionRows, EditionState, EditionView, Editions, Exchange, Exchanged, Position,
    ProjectionError, Projector, QueryError, Replacement, Sample, Successor, TableFold, TableRows,
    TableShape, Timestamp, Value,
};
use async_trait::async_trait;
use tokio_postgres::types::Type;

use crate::bound_fold::BoundFold;
use crate::checkpoint;
use crate::dead_letters::Letters;
use crate::dependents;
use crate::error::PostgresError;
use crate::postgres::{Postgres, Transaction};
use crate::projector::TablesProjector;
use crate::read_models::PostgresReadModels;
use crate::rows::RowStatements;
use crate::schema::{Declaration, Installed, discard, lock};
use crate::tables::{in_read_schema, selected};
use crate::value::read_row;

use exchange::{exchange_within, note_replaced};

mod exchange;

/// How long the dropping of what was replaced waits for those who read it: whoever does so comes back.
const DROPPING: &str = "set local lock_timeout = '100ms'";

#[async_trait]
impl Editions for PostgresReadModels {
    async fn list(&self, projection: &str) -> Result<Vec<EditionState>, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        // All as they are at one moment.
        tx.batch("set transaction isolation level repeatable read")
            .await?;
        let mut states = Vec::new();
        for edition in [Edition::Current, Edition::Candidate, Edition::Previous] {
            let there = Installed::find(&self.postgres, &tx, &edition.named(projection)).await?;
            states.extend(there.map(|there| there.state(edition)));
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
        let declaration = match edition {
            Edition::Current => declaration.letting_others_stay(),
            Edition::Candidate => {
                let mut client = self.postgres.client().await?;
                let tx = client.transaction().await?;
                dependents::refuse(&self.postgres, &tx, declaration.projection).await?;
                declaration
            }
            Edition::Previous => {
                let projector = TablesProjector::bound(&self.postgres, &declaration, bound);
                return Ok(Arc::new(projector));
            }
        };
        let projector = TablesProjector::new(&self.postgres, declaration, bound).await?;
        Ok(Arc::new(projector))
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
        hold_names(&self.postgres, &tx, fold, edition).await?;
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
        let key = edition.named(fold.name());
        let tx = client.transaction().await?;
        if checkpoint::find(&self.postgres, &tx, &key).await?.is_none() {
            return Ok(None);
        }
        // The names are held before anything is seen; without an edition there are none to hold.
        drop(tx);
        let tx = client.transaction().await?;
        tx.batch("set transaction isolation level repeatable read")
            .await?;
        hold_names(&self.postgres, &tx, fold, edition).await?;
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
        fold: &TableFold,
        exchange: Exchange,
        successor: &mut dyn Successor,
        now: Timestamp,
    ) -> Result<Exchanged, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        let exchanged = exchange_within(&self.postgres, &tx, fold, (exchange, successor)).await?;
        if let Exchanged::Done(_) = exchanged {
            note_replaced(&self.postgres, &tx, fold.name(), now).await?;
        }
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

    async fn discard_replaced(
        &self,
        projection: &str,
        until: Timestamp,
    ) -> Result<bool, QueryError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        lock(&self.postgres, &tx, projection).await?;
        tx.batch(DROPPING).await?;
        let previous = Edition::Previous;
        let there = Installed::hold(&self.postgres, &tx, &previous.named(projection)).await?;
        let replaced_at = there.and_then(|there| there.replaced_at);
        if replaced_at.is_none_or(|replaced_at| replaced_at > until) {
            return Ok(false);
        }
        discard(&self.postgres, &tx, projection, previous).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Lets the tables of an edition keep their names until the end of a transaction. What it sees after
/// that is of the same edition; before, it might see the rows of one under the name of another.
async fn hold_names(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    fold: &TableFold,
    edition: Edition,
) -> Result<(), PostgresError> {
    let tables = fold.tables().iter();
    let tables: Vec<String> = tables
        .map(|table| in_read_schema(table.name, edition))
        .collect();
    if tables.is_empty() {
        return Ok(());
    }
    let lock = format!("lock table {} in access share mode", tables.join(", "));
    tx.batch(&postgres.sql(&lock)).await
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
