//! Keeps the tables of a projection up to date.

use std::slice;

use annals_core::{
    Folding, Position, Progress, ProjectionBatch, ProjectionError, Projector, Query, StoreId,
    TableFold, TableWrites, Value,
};
use async_trait::async_trait;

use crate::checkpoint::Checkpoint;
use crate::error::PostgresError;
use crate::inline::InlineProjector;
use crate::postgres::{Postgres, Transaction};
use crate::rows::RowStatements;
use crate::schema::Declaration;
use crate::tables::create;

/// A fold, bound to its tables.
///
/// Whatever the size of a batch, it takes one statement for each table to load the rows it
/// touches, and one to write them.
#[derive(Debug)]
pub(crate) struct TableProjector {
    postgres: Postgres,
    fold: TableFold,
    checkpoint: Checkpoint,
    /// In the order of the fold's tables.
    statements: Vec<RowStatements>,
}

impl TableProjector {
    /// Makes the tables if they are not there, and again if their declaration changed.
    pub(crate) async fn new(postgres: &Postgres, fold: TableFold) -> Result<Self, PostgresError> {
        let declaration = Declaration {
            projection: fold.name(),
            tables: fold.tables().iter().map(|table| table.name).collect(),
            ddl: fold.tables().iter().map(create).collect(),
            fingerprint: fold.fingerprint(),
        };
        declaration.install(postgres).await?;
        let statements = fold
            .tables()
            .iter()
            .map(|table| RowStatements::of(table, postgres));
        Ok(Self {
            postgres: postgres.clone(),
            checkpoint: Checkpoint::new(postgres, fold.name(), fold.fingerprint()),
            statements: statements.collect(),
            fold,
        })
    }

    /// What a batch writes, once the checkpoint is moved over it.
    async fn fold(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<Vec<TableWrites>, ProjectionError> {
        // First, because it waits for an owner that is still writing.
        self.checkpoint.advance(tx, batch).await?;
        let mut folding = self.fold.begin();
        while let Progress::Missing(rows) = folding.advance(&batch.events)? {
            self.load(tx, &mut folding, rows).await?;
        }
        Ok(folding.into_writes())
    }

    async fn load(
        &self,
        tx: &Transaction<'_>,
        folding: &mut Folding,
        missing: Vec<(usize, Vec<Value>)>,
    ) -> Result<(), ProjectionError> {
        let mut keys: Vec<Vec<Vec<Value>>> = vec![Vec::new(); self.statements.len()];
        for (table, key) in missing {
            keys[table].push(key);
        }
        for (table, keys) in keys.into_iter().enumerate() {
            let mut rows = self.statements[table].load(tx, &keys).await?;
            for key in keys {
                let row = rows.remove(&key);
                folding.loaded(table, key, row);
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        tx: &Transaction<'_>,
        writes: &[TableWrites],
    ) -> Result<(), PostgresError> {
        for (statements, writes) in self.statements.iter().zip(writes) {
            statements.clear(tx, writes).await?;
            statements.put(tx, &writes.put).await?;
        }
        Ok(())
    }

    /// Writes the same row by row, to find the event whose row is refused.
    async fn write_one_by_one(
        &self,
        tx: &Transaction<'_>,
        writes: &[TableWrites],
    ) -> Result<(), ProjectionError> {
        for (statements, writes) in self.statements.iter().zip(writes) {
            statements.clear(tx, writes).await?;
            for row in &writes.put {
                let put = statements.put(tx, slice::from_ref(row)).await;
                put.map_err(|error| error.at(row.by))?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Projector for TableProjector {
    fn name(&self) -> &str {
        self.fold.name()
    }

    fn query(&self) -> Query {
        self.fold.query().clone()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.resume(store).await
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.position(store).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        let writes = self.fold(&tx, &batch).await?;
        match self.write(&tx, &writes).await {
            Ok(()) => return Ok(tx.commit().await?),
            Err(error) if error.is_unavailable() => return Err(error.into()),
            // Of the many rows of a statement one was refused.
            Err(_) => drop(tx),
        }
        let tx = client.transaction().await?;
        // What was folded is still right, or the checkpoint would have moved.
        self.checkpoint.advance(&tx, &batch).await?;
        self.write_one_by_one(&tx, &writes).await?;
        Ok(tx.commit().await?)
    }
}

#[async_trait]
impl InlineProjector for TableProjector {
    async fn share(&self, store: StoreId) -> Result<(), ProjectionError> {
        self.checkpoint.share(store).await
    }

    async fn project(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<(), ProjectionError> {
        let writes = self.fold(tx, batch).await?;
        let written = self.write(tx, &writes).await;
        written.map_err(|error| error.at(batch.up_to))
    }
}
