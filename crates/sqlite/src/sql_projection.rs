//! Tables by hand: a projection that is given the transaction.

use std::sync::Arc;

use annals_core::{
    Event, Fingerprint, Position, ProjectionBatch, ProjectionError, Projector, Query, Recorded,
    RecordedEvent, StoreId, decode, query_of,
};
use async_trait::async_trait;
use rusqlite::Transaction;

use crate::checkpoint::Checkpoint;
use crate::database::Database;
use crate::error::SqliteError;
use crate::schema::Declaration;

/// A read model kept by SQL of one's own, for what a row per key cannot say: several tables,
/// joins, full-text search.
///
/// # Contract
///
/// 1. [`apply`](Self::apply) depends on nothing but the event and the projection's own tables,
///    so that a rebuild gives the same rows.
/// 2. It writes to [`TABLES`](Self::TABLES) alone, and neither commits nor rolls back.
pub trait SqlProjection: Send + Sync + 'static {
    /// The events it is made of.
    type Event: Event;

    /// The name its checkpoint is kept under.
    const NAME: &'static str;

    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// Its tables, in the order they are made. They are dropped before a rebuild, whatever is
    /// declared by then.
    const TABLES: &'static [&'static str];

    /// Counts the changes of [`apply`](Self::apply) that leave the schema as it was. Raise it,
    /// and the tables are made again from the first event.
    const REVISION: u32;

    /// The statements that make its tables and their indexes.
    fn schema() -> &'static str;

    /// Takes in one event, in the transaction that also moves the checkpoint.
    ///
    /// `prepare_cached` spares parsing a statement for each event.
    ///
    /// # Errors
    /// What SQLite said. The whole batch is rolled back then.
    fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<Self::Event>,
    ) -> Result<(), rusqlite::Error>;
}

/// Keeps the tables of a [`SqlProjection`] up to date.
#[derive(Debug)]
pub struct SqlProjector<P> {
    database: Database,
    checkpoint: Arc<Checkpoint>,
    projection: Arc<P>,
}

impl<P: SqlProjection> SqlProjector<P> {
    /// Makes the tables if they are not there. If the schema, the revision or the
    /// events it asks for changed, they are dropped, made again, and the checkpoint is put before
    /// the first event.
    ///
    /// # Errors
    /// [`SqliteError`] when the tables cannot be made.
    pub async fn new(database: Database, projection: P) -> Result<Self, SqliteError> {
        let declaration = Declaration {
            projection: P::NAME,
            tables: P::TABLES.to_vec(),
            ddl: P::schema().to_owned(),
            fingerprint: Fingerprint::of_read_model(P::schema(), &query::<P>(), P::REVISION),
        };
        let checkpoint = Checkpoint::new(P::NAME, declaration.fingerprint);
        database.transact(move |tx| declaration.install(tx)).await?;
        Ok(Self {
            database,
            checkpoint,
            projection: Arc::new(projection),
        })
    }
}

#[async_trait]
impl<P: SqlProjection> Projector for SqlProjector<P> {
    fn name(&self) -> &str {
        P::NAME
    }

    fn query(&self) -> Query {
        query::<P>()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.resume(&self.database, store).await
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.position(&self.database, store).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        let checkpoint = Arc::clone(&self.checkpoint);
        let projection = Arc::clone(&self.projection);
        let apply = move |tx: &Transaction<'_>| {
            checkpoint.advance(tx, &batch)?;
            for record in batch.events.iter() {
                apply_one(&*projection, tx, record)?;
            }
            Ok(())
        };
        self.database.transact(apply).await
    }
}

fn apply_one<P: SqlProjection>(
    projection: &P,
    tx: &Transaction<'_>,
    record: &RecordedEvent,
) -> Result<(), ProjectionError> {
    let position = record.position;
    // What it wrote before a panic is thrown away with the transaction.
    ProjectionError::catch(position, || {
        let event = decode(record.clone());
        let event = event.map_err(|error| ProjectionError::at(position, error))?;
        let applied = projection.apply(tx, &event);
        applied.map_err(|error| SqliteError::from(error).at(position))
    })?
}

fn query<P: SqlProjection>() -> Query {
    query_of::<P::Event>(P::CATEGORIES)
}
