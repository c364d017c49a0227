//! Keeps a typed read model up to date.

use std::marker::PhantomData;
use std::sync::Arc;

use annals_core::{
    Position, Projection, ProjectionBatch, ProjectionError, Projector, Query, StoreId, decode,
};
use async_trait::async_trait;
use rusqlite::Transaction;

use crate::checkpoint::Checkpoint;
use crate::database::Database;
use crate::error::SqliteError;
use crate::event_failure::{attempt, failed_at};
use crate::rows::{RowStatements, Rows};
use crate::schema::Declaration;

/// Keeps the table of a [`Projection`] up to date; its name is that of the table.
///
/// Whatever the size of a batch, each row it touches is read once and written once.
#[derive(Debug)]
pub struct TypedProjector<P> {
    database: Database,
    checkpoint: Arc<Checkpoint>,
    statements: Arc<RowStatements>,
    projection: PhantomData<fn() -> P>,
}

impl<P: Projection> TypedProjector<P> {
    /// Makes the table if it is not there. If it was declared otherwise, or with another
    /// [`FOLD_REVISION`](Projection::FOLD_REVISION), it is dropped, made again, and its
    /// checkpoint put before the first event.
    ///
    /// # Errors
    /// [`SqliteError`] when the table cannot be made, as when another one has its name.
    pub async fn new(database: Database) -> Result<Self, SqliteError> {
        let declaration = Declaration::of::<P>();
        let checkpoint = Checkpoint::new(P::TABLE, declaration.fingerprint());
        database.transact(move |tx| declaration.install(tx)).await?;
        Ok(Self {
            database,
            checkpoint,
            statements: Arc::new(RowStatements::of::<P>()),
            projection: PhantomData,
        })
    }
}

#[async_trait]
impl<P: Projection> Projector for TypedProjector<P> {
    fn name(&self) -> &str {
        P::TABLE
    }

    fn query(&self) -> Query {
        P::query()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.resume(&self.database, store).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        let checkpoint = Arc::clone(&self.checkpoint);
        let statements = Arc::clone(&self.statements);
        let apply = move |tx: &Transaction<'_>| {
            checkpoint.advance(tx, &batch)?;
            let mut rows = Rows::<P>::new(tx, &statements);
            for record in batch.events.iter() {
                let position = record.position;
                attempt(position, || {
                    let event = decode(record.clone());
                    rows.fold(&event.map_err(|error| failed_at(position, error))?)
                })?;
            }
            rows.write()
        };
        self.database.transact(apply).await
    }
}
