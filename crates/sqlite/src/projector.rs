//! Drives what changes the tables of a projection, with its checkpoint, its ledger and its dead
//! letters.

use std::sync::Arc;

use annals_core::{
    DeadLetter, DeadLetters, Failure, Handled, Ledger, LedgerView, Parking, Position,
    ProjectionBatch, ProjectionError, Projector, Query, RecordedEvent, Released, Releasing,
    Skipped, StoreId, Tried,
};
use async_trait::async_trait;
use rusqlite::{Connection, Transaction};

use crate::checkpoint::Checkpoint;
use crate::database::Database;
use crate::dead_letters::Letters;
use crate::error::SqliteError;
use crate::ledger::LedgerPages;
use crate::schema::Declaration;

mod replacement;

/// What changes the tables of a projection.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The events it wants.
    fn query(&self) -> Query;

    /// Takes in events, but for those that are parked. Tells of each as it is done with it.
    fn handle(
        &self,
        tx: &Transaction<'_>,
        events: &[RecordedEvent],
        parking: Parking,
    ) -> Result<Handled, ProjectionError>;
}

/// Keeps the tables of a projection up to date.
pub(crate) struct TablesProjector<H> {
    database: Database,
    /// The name of the projection, of an edition.
    name: String,
    checkpoint: Arc<Checkpoint>,
    kept: Arc<Kept<H>>,
}

/// What the tables, the letters and the ledger are changed by.
struct Kept<H> {
    handler: H,
    letters: Letters,
    ledger: LedgerPages,
}

impl<H: Handler> TablesProjector<H> {
    /// Makes the tables if they are not there. If they are made again, the checkpoint is put before
    /// the first event.
    pub(crate) async fn new(
        database: Database,
        declaration: Declaration,
        handler: H,
    ) -> Result<Self, SqliteError> {
        let projector = Self::bound(database.clone(), &declaration, handler);
        database.transact(move |tx| declaration.install(tx)).await?;
        Ok(projector)
    }

    /// Of tables that are there, or will be.
    pub(crate) fn bound(database: Database, declaration: &Declaration, handler: H) -> Self {
        let kept = Kept {
            handler,
            letters: Letters::of(declaration.key()),
            ledger: LedgerPages::of(declaration.key()),
        };
        Self {
            database,
            name: declaration.key(),
            checkpoint: Checkpoint::new(declaration.key(), declaration.fingerprint),
            kept: Arc::new(kept),
        }
    }

    /// Moves the checkpoint over a batch and takes it in, but for an event that failed.
    async fn take_in(
        &self,
        batch: ProjectionBatch,
        failed: Option<(Position, Failure)>,
    ) -> Result<(), ProjectionError> {
        let (checkpoint, kept) = (Arc::clone(&self.checkpoint), Arc::clone(&self.kept));
        let turn = self.database.turns.take(&self.name).await;
        let take_in = move |tx: &Transaction<'_>| {
            // Until it is done, even if nobody waits for it any more.
            let _turn = turn;
            checkpoint.advance(tx, &batch)?;
            let mut parking = kept.letters.parking(tx)?;
            if let Some((position, failure)) = failed {
                parking.fail(position, failure);
            }
            let handled = kept.handler.handle(tx, &batch.events, parking)?;
            kept.ledger.note(tx, &handled.events)?;
            kept.letters.keep(tx, &handled.parked)
        };
        self.database.transact(take_in).await
    }
}

#[async_trait]
impl<H: Handler> Projector for TablesProjector<H> {
    fn name(&self) -> &str {
        &self.name
    }

    fn query(&self) -> Query {
        self.kept.handler.query()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.resume(&self.database, store).await
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.position(&self.database, store).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        self.take_in(batch, None).await
    }

    fn dead_letters(&self) -> Option<&dyn DeadLetters> {
        Some(self)
    }

    fn ledger(&self) -> Option<&dyn Ledger> {
        Some(self)
    }
}

#[async_trait]
impl<H: Handler> Ledger for TablesProjector<H> {
    async fn checkpoint_and_pages(
        &self,
        store: StoreId,
        from_page: u64,
        limit: usize,
    ) -> Result<LedgerView, ProjectionError> {
        let (checkpoint, kept) = (Arc::clone(&self.checkpoint), Arc::clone(&self.kept));
        let view = move |connection: &Connection| {
            let found = checkpoint.look(connection, store);
            Ok(found.and_then(|(checkpoint, edition)| {
                let pages = kept.ledger.list(connection, from_page, limit)?;
                Ok(LedgerView {
                    edition,
                    checkpoint,
                    pages,
                })
            }))
        };
        self.database.query(view).await?
    }
}

#[async_trait]
impl<H: Handler> DeadLetters for TablesProjector<H> {
    async fn park(
        &self,
        batch: ProjectionBatch,
        failed: Position,
        failure: Failure,
    ) -> Result<(), ProjectionError> {
        self.take_in(batch, Some((failed, failure))).await
    }

    async fn list(&self, after: Position, limit: u32) -> Result<Vec<DeadLetter>, ProjectionError> {
        let kept = Arc::clone(&self.kept);
        let list = move |connection: &Connection| Ok(kept.letters.list(connection, after, limit));
        self.database.query(list).await?
    }

    async fn parked(&self) -> Result<u64, ProjectionError> {
        let kept = Arc::clone(&self.kept);
        let count = move |connection: &Connection| Ok(kept.letters.count(connection));
        self.database.query(count).await?
    }

    async fn all_parked(&self) -> Result<Vec<DeadLetter>, ProjectionError> {
        let kept = Arc::clone(&self.kept);
        let parked = move |connection: &Connection| Ok(kept.letters.parked(connection));
        self.database.query(parked).await?
    }

    async fn release(
        &self,
        events: Arc<[RecordedEvent]>,
        tried: Tried,
    ) -> Result<Released, ProjectionError> {
        let (checkpoint, kept) = (Arc::clone(&self.checkpoint), Arc::clone(&self.kept));
        let release = move |tx: &Transaction<'_>| {
            checkpoint.verify(tx)?;
            kept.release(tx, &events, tried)
        };
        self.database.transact(release).await
    }

    async fn skip(&self, position: Position, skipped: Skipped) -> Result<bool, ProjectionError> {
        let (checkpoint, kept) = (Arc::clone(&self.checkpoint), Arc::clone(&self.kept));
        let skip = move |tx: &Transaction<'_>| {
            checkpoint.verify(tx)?;
            kept.letters.skip(tx, position, skipped)
        };
        self.database.transact(skip).await
    }

    async fn redact(&self, positions: &[Position]) -> Result<u64, ProjectionError> {
        let (checkpoint, kept) = (Arc::clone(&self.checkpoint), Arc::clone(&self.kept));
        let positions = positions.to_vec();
        let redact = move |tx: &Transaction<'_>| {
            checkpoint.verify(tx)?;
            kept.letters.redact(tx, &positions)
        };
        self.database.transact(redact).await
    }
}

impl<H: Handler> Kept<H> {
    fn release(
        &self,
        tx: &Transaction<'_>,
        events: &[RecordedEvent],
        tried: Tried,
    ) -> Result<Released, ProjectionError> {
        let mut releasing = Releasing::new(self.letters.parked(tx)?, events, tried);
        let parked = loop {
            let handle = || {
                self.handler
                    .handle(tx, releasing.events(), releasing.parking())
            };
            match savepoint(tx, handle) {
                // Noted when they were parked.
                Ok(handled) => break handled.parked,
                Err(failure) => releasing.goes_on_without(failure)?,
            }
        };
        let (released, kept) = releasing.end(parked);
        self.letters.keep(tx, &kept)?;
        self.letters.remove(tx, &released.applied)?;
        Ok(released)
    }
}

/// Takes back what was written if it fails.
pub(crate) fn savepoint<T>(
    tx: &Transaction<'_>,
    write: impl FnOnce() -> Result<T, ProjectionError>,
) -> Result<T, ProjectionError> {
    let run = |sql| tx.execute_batch(sql).map_err(SqliteError::from);
    run("savepoint annals")?;
    let written = write();
    if written.is_err() {
        run("rollback to annals")?;
    }
    run("release annals")?;
    written
}
