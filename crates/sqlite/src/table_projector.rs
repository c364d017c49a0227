//! Keeps the tables of a projection up to date.

use std::sync::Arc;

use annals_core::{
    Folding, Position, Progress, ProjectionBatch, ProjectionError, Projector, Query, RowWrite,
    StoreId, TableFold, TableWrites, Value,
};
use async_trait::async_trait;
use rusqlite::{Transaction, params_from_iter};

use crate::checkpoint::Checkpoint;
use crate::database::Database;
use crate::error::SqliteError;
use crate::event_failure::refused_at;
use crate::rows::RowStatements;
use crate::schema::Declaration;
use crate::value::{parameters, read_row};

/// Keeps the tables that a [`TableFold`] writes up to date.
///
/// Whatever the size of a batch, each row it touches is read once and written once.
#[derive(Debug)]
pub struct TableProjector {
    database: Database,
    checkpoint: Arc<Checkpoint>,
    bound: Arc<Bound>,
}

/// A fold with the statements for each of its tables.
#[derive(Debug)]
struct Bound {
    fold: TableFold,
    statements: Vec<RowStatements>,
}

impl TableProjector {
    /// Makes the tables if they are not there. If they were declared otherwise, or with another
    /// revision, they are dropped, made again, and the checkpoint is put before the first event.
    ///
    /// # Errors
    /// [`SqliteError`] when a table cannot be made, as when another one has its name.
    pub async fn new(database: Database, fold: TableFold) -> Result<Self, SqliteError> {
        let declaration = Declaration::of(&fold);
        let checkpoint = Checkpoint::new(fold.name(), fold.fingerprint());
        database.transact(move |tx| declaration.install(tx)).await?;
        let statements = fold.tables().iter().map(RowStatements::of).collect();
        Ok(Self {
            database,
            checkpoint,
            bound: Arc::new(Bound { fold, statements }),
        })
    }
}

#[async_trait]
impl Projector for TableProjector {
    fn name(&self) -> &str {
        self.bound.fold.name()
    }

    fn query(&self) -> Query {
        self.bound.fold.query().clone()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.resume(&self.database, store).await
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.position(&self.database, store).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        let checkpoint = Arc::clone(&self.checkpoint);
        let bound = Arc::clone(&self.bound);
        let apply = move |tx: &Transaction<'_>| {
            checkpoint.advance(tx, &batch)?;
            bound.apply(tx, &batch)
        };
        self.database.transact(apply).await
    }
}

impl Bound {
    fn apply(&self, tx: &Transaction<'_>, batch: &ProjectionBatch) -> Result<(), ProjectionError> {
        let mut folding = self.fold.begin();
        while let Progress::Missing(rows) = folding.advance(&batch.events)? {
            for (table, key) in rows {
                self.load(tx, &mut folding, table, key)?;
            }
        }
        for (statements, writes) in self.statements.iter().zip(folding.into_writes()?) {
            write(tx, statements, writes)?;
        }
        Ok(())
    }

    fn load(
        &self,
        tx: &Transaction<'_>,
        folding: &mut Folding,
        table: usize,
        key: Vec<Value>,
    ) -> Result<(), SqliteError> {
        let columns = self.fold.tables()[table].columns;
        let mut statement = tx.prepare_cached(&self.statements[table].get)?;
        let mut rows = statement.query(params_from_iter(parameters(key.clone())))?;
        let row = rows.next()?.map(|row| read_row(columns, row));
        folding.loaded(table, key, row.transpose()?);
        Ok(())
    }
}

fn write(
    tx: &Transaction<'_>,
    statements: &RowStatements,
    writes: TableWrites,
) -> Result<(), ProjectionError> {
    for row in writes.delete {
        execute(tx, &statements.delete, row)?;
    }
    for row in writes.put {
        execute(tx, &statements.put, row)?;
    }
    Ok(())
}

fn execute(tx: &Transaction<'_>, statement: &str, row: RowWrite) -> Result<(), ProjectionError> {
    let done = tx
        .prepare_cached(statement)
        .and_then(|mut statement| statement.execute(params_from_iter(parameters(row.values))));
    done.map_err(|error| refused_at(row.by, error.into()))?;
    Ok(())
}
