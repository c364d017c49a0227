//! Drives what changes the tables of a projection, with its checkpoint, its ledger and its dead
//! letters.

use std::sync::Arc;

use annals_core::{
    DeadLetter, DeadLetters, Failure, Handled, Ledger, LedgerView, Parking, Position,
    ProjectionBatch, ProjectionError, Projector, Query, RecordedEvent, Released, Releasing,
    Skipped, StoreId, Tried,
};
use async_trait::async_trait;

use crate::checkpoint::Checkpoint;
use crate::dead_letters::Letters;
use crate::error::PostgresError;
use crate::inline::InlineProjector;
use crate::ledger::{self, LastPage, LedgerPages};
use crate::postgres::{Postgres, Transaction};
use crate::schema::Declaration;

mod replacement;

/// What changes the tables of a projection.
#[async_trait]
pub(crate) trait Handler: Send + Sync + 'static {
    /// The events it wants.
    fn query(&self) -> Query;

    /// Takes in events, but for those that are parked. Tells of each as it is done with it.
    async fn handle(
        &self,
        tx: &Transaction<'_>,
        events: &[RecordedEvent],
        parking: Parking,
        pace: Pace,
    ) -> Result<Handled, NotHandled>;
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Many by one statement.
    AtOnce,
    /// One by one, so that it shows whose row is refused.
    OneByOne,
}

/// Why events were not taken in. The transaction can only be rolled back.
pub(crate) enum NotHandled {
    /// This is why.
    Because(ProjectionError),
    /// Of the many rows of a statement one was refused. Which, shows if they are written one by one.
    OneOfMany(PostgresError),
}

/// Keeps the tables of a projection up to date.
pub(crate) struct TablesProjector<H> {
    postgres: Postgres,
    /// The name of the projection, of an edition.
    name: String,
    checkpoint: Checkpoint,
    letters: Letters,
    ledger: LedgerPages,
    handler: H,
}

impl<H: Handler> TablesProjector<H> {
    /// Makes the tables if they are not there.
    pub(crate) async fn new(
        postgres: &Postgres,
        declaration: Declaration,
        handler: H,
    ) -> Result<Self, PostgresError> {
        declaration.install(postgres).await?;
        Ok(Self::bound(postgres, &declaration, handler))
    }

    /// Of tables that are there, or will be.
    pub(crate) fn bound(postgres: &Postgres, declaration: &Declaration, handler: H) -> Self {
        let key = declaration.key();
        Self {
            postgres: postgres.clone(),
            name: declaration.key(),
            checkpoint: Checkpoint::new(postgres, key.clone(), declaration.fingerprint),
            letters: Letters::of(key.clone(), postgres),
            ledger: LedgerPages::of(key, postgres),
            handler,
        }
    }

    /// Takes a batch in, but for an event that failed, in a transaction of its own.
    async fn take_in(
        &self,
        batch: &ProjectionBatch,
        failed: Option<(Position, Failure)>,
    ) -> Result<(), ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        match self
            .take_in_within(&tx, batch, failed.clone(), Pace::AtOnce)
            .await
        {
            Ok(last) => {
                tx.commit().await?;
                self.ledger.remember(last);
                return Ok(());
            }
            Err(NotHandled::Because(error)) => return Err(error),
            Err(NotHandled::OneOfMany(_)) => drop(tx),
        }
        let tx = client.transaction().await?;
        let taken_in = self
            .take_in_within(&tx, batch, failed, Pace::OneByOne)
            .await;
        let last = taken_in.map_err(|failure| failure.at(batch.up_to))?;
        tx.commit().await?;
        self.ledger.remember(last);
        Ok(())
    }

    /// Answers with what the ledger is to remember once the transaction is committed.
    async fn take_in_within(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
        failed: Option<(Position, Failure)>,
        pace: Pace,
    ) -> Result<Option<LastPage>, NotHandled> {
        // First, because it waits for an owner that is still writing.
        let advanced = self.checkpoint.advance(tx, batch).await?;
        let mut parking = match advanced.has_parked {
            true => self.letters.parking(tx).await?,
            false => Parking::default(),
        };
        if let Some((position, failure)) = failed {
            parking.fail(position, failure);
        }
        let handled = self
            .handler
            .handle(tx, &batch.events, parking, pace)
            .await?;
        self.letters.keep(tx, &handled.parked).await?;
        let noted = self.ledger.note(tx, advanced, batch, &handled.events).await;
        Ok(noted?)
    }

    async fn release_within(
        &self,
        tx: &Transaction<'_>,
        events: &[RecordedEvent],
        tried: Tried,
    ) -> Result<Released, ProjectionError> {
        let mut releasing = Releasing::new(self.letters.parked(tx).await?, events, tried);
        let parked = loop {
            tx.batch("savepoint annals").await?;
            let (events, parking) = (releasing.events(), releasing.parking());
            match self
                .handler
                .handle(tx, events, parking, Pace::OneByOne)
                .await
            {
                // Noted when they were parked.
                Ok(handled) => break handled.parked,
                Err(failure) => releasing.goes_on_without(failure.at(Position::START))?,
            }
            tx.batch("rollback to savepoint annals").await?;
        };
        let (released, kept) = releasing.end(parked);
        self.letters.keep(tx, &kept).await?;
        self.letters.remove(tx, &released.applied).await?;
        Ok(released)
    }
}

#[async_trait]
impl<H: Handler> Projector for TablesProjector<H> {
    fn name(&self) -> &str {
        &self.name
    }

    fn query(&self) -> Query {
        self.handler.query()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.resume(store).await
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.position(store).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        self.take_in(&batch, None).await
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
        let client = self.postgres.client().await?;
        let rows = self.ledger.rows(&client, from_page, limit).await?;
        let (checkpoint, edition) = self.checkpoint.found_in(&rows, store)?;
        Ok(LedgerView {
            edition,
            checkpoint,
            pages: ledger::pages(&rows, ledger::BESIDE_CHECKPOINT)?,
        })
    }
}

#[async_trait]
impl<H: Handler> InlineProjector for TablesProjector<H> {
    async fn share(&self, store: StoreId) -> Result<(), ProjectionError> {
        self.checkpoint.share(store).await
    }

    async fn project(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<(), ProjectionError> {
        let taken_in = self.take_in_within(tx, batch, None, Pace::AtOnce).await;
        // Nothing to remember: whether it is committed is not known here.
        taken_in
            .map(drop)
            .map_err(|failure| failure.at(batch.up_to))
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
        self.take_in(&batch, Some((failed, failure))).await
    }

    async fn list(&self, after: Position, limit: u32) -> Result<Vec<DeadLetter>, ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        self.letters.list(&tx, after, limit).await
    }

    async fn parked(&self) -> Result<u64, ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        Ok(self.letters.count(&tx).await?)
    }

    async fn all_parked(&self) -> Result<Vec<DeadLetter>, ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        self.letters.parked(&tx).await
    }

    async fn release(
        &self,
        events: Arc<[RecordedEvent]>,
        tried: Tried,
    ) -> Result<Released, ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        // First, because it waits for an owner that is still writing.
        self.checkpoint.hold(&tx).await?;
        let released = self.release_within(&tx, &events, tried).await?;
        tx.commit().await?;
        Ok(released)
    }

    async fn skip(&self, position: Position, skipped: Skipped) -> Result<bool, ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        self.checkpoint.hold(&tx).await?;
        let is_skipped = self.letters.skip(&tx, position, skipped).await?;
        tx.commit().await?;
        Ok(is_skipped)
    }

    async fn redact(&self, positions: &[Position]) -> Result<u64, ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        self.checkpoint.hold(&tx).await?;
        let redacted = self.letters.redact(&tx, positions).await?;
        tx.commit().await?;
        Ok(redacted)
    }
}

impl NotHandled {
    /// This failure, if the event at `position` is to blame where nothing tells which is.
    fn at(self, position: Position) -> ProjectionError {
        match self {
            Self::Because(error) => error,
            Self::OneOfMany(error) => error.at(position),
        }
    }
}

impl From<ProjectionError> for NotHandled {
    fn from(error: ProjectionError) -> Self {
        Self::Because(error)
    }
}
