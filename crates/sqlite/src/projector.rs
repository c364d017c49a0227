//! Keeps the tables of a projection up to date.

use std::sync::Arc;

use annals_core::{
    Position, Progress, ProjectionBatch, ProjectionError, Projector, Query, StoreId, TableFold,
};
use async_trait::async_trait;
use rusqlite::Transaction;

use crate::checkpoint::Checkpoint;
use crate::database::Database;
use crate::error::SqliteError;
use crate::rows::RowStatements;
use crate::schema::Declaration;

/// Keeps the tables that a [`TableFold`] writes up to date.
///
/// Whatever the size of a batch, each row it touches is read once and written once.
#[derive(Debug)]
pub(crate) struct TableProjector {
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
    pub(crate) async fn new(database: Database, fold: TableFold) -> Result<Self, SqliteError> {
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
                let row = self.statements[table].load(tx, &key)?;
                folding.loaded(table, key, row);
            }
        }
        for (statements, writes) in self.statements.iter().zip(&folding.into_writes()) {
            statements.write(tx, writes)?;
        }
        Ok(())
    }
}
