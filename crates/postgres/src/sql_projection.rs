//! Tables by hand: a projection that is given the transaction.

use std::panic::AssertUnwindSafe;

use annals_core::{
    Event, Fingerprint, Position, ProjectionBatch, ProjectionError, Projector, Query, Recorded,
    RecordedEvent, StoreId, decode, query_of,
};
use async_trait::async_trait;
use futures_util::FutureExt;
use tokio_postgres::types::Type;

use crate::checkpoint::Checkpoint;
use crate::error::PostgresError;
use crate::inline::InlineProjector;
use crate::postgres::{Postgres, Transaction};
use crate::schema::{Declaration, SEARCH_PATH};

/// A read model kept by SQL of one's own, for what rows per key cannot say: joins, set-based
/// updates, extensions of the server.
///
/// # Contract
///
/// 1. [`apply`](Self::apply) depends on nothing but the event and the projection's own tables,
///    so that a rebuild gives the same rows.
/// 2. It writes to [`TABLES`](Self::TABLES) alone, and neither commits nor rolls back.
/// 3. It returns the error of a statement that failed: nothing else of the transaction can take
///    effect then. A batch in which it does not is refused, and so is one at whose end a deferred
///    constraint of its tables does not hold.
/// 4. It waits for nothing but its statements. The server ends a transaction that is idle for five
///    seconds, and a statement after the [time](crate::PostgresOptions::statement_timeout) that it
///    may take. The batch is tried again then, in ever smaller parts; a single event that takes
///    longer is tried for ever, and the projection's status says why.
///
/// Names without a schema mean the schema of read models, then `public`, in the statements that
/// make the tables as well as in those that fill them.
#[async_trait]
pub trait SqlProjection: Send + Sync + 'static {
    /// The events it is made of.
    type Event: Event;

    /// The name its checkpoint is kept under.
    const NAME: &'static str;

    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// Its tables. They are dropped before a rebuild.
    const TABLES: &'static [&'static str];

    /// Counts the changes of [`apply`](Self::apply) that leave the schema as it was. Raise it,
    /// and the tables are made again from the first event.
    const REVISION: u32;

    /// The events it asks the store for: its categories and its event types.
    fn query() -> Query {
        query_of::<Self::Event>(Self::CATEGORIES)
    }

    /// The statements that make its tables and their indexes.
    fn schema() -> &'static str;

    /// Takes in one event, in the transaction that also moves the checkpoint.
    ///
    /// # Errors
    /// What the database said. The whole batch is rolled back then.
    async fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<Self::Event>,
    ) -> Result<(), PostgresError>;
}

/// Those of a projection's constraints that can be deferred, also of others that refer to its
/// tables; and whether they are, unless told.
const DEFERRABLE: &str = "
    select c.connamespace::regnamespace || '.' || quote_ident(c.conname), c.condeferred
    from unnest($1) t (name)
    join pg_constraint c on to_regclass('{read}.' || quote_ident(t.name)) in (c.conrelid, c.confrelid)
    where c.condeferrable group by c.oid, c.connamespace, c.conname, c.condeferred";

/// Keeps the tables of a [`SqlProjection`] up to date.
#[derive(Debug)]
pub struct SqlProjector<P> {
    postgres: Postgres,
    checkpoint: Checkpoint,
    projection: P,
    /// The statements that check its constraints, and fail after a statement that failed.
    check: String,
}

impl<P: SqlProjection> SqlProjector<P> {
    /// Makes the tables if they are not there. If the schema or the revision changed, they are
    /// dropped, made again, and the checkpoint put before the first event.
    ///
    /// # Errors
    /// [`PostgresError`] when the tables cannot be made.
    pub async fn new(postgres: &Postgres, projection: P) -> Result<Self, PostgresError> {
        let fingerprint = Fingerprint::of_read_model(P::schema(), &P::query(), P::REVISION);
        let declaration = Declaration {
            projection: P::NAME,
            tables: P::TABLES.to_vec(),
            ddl: P::schema().to_owned(),
            fingerprint,
        };
        declaration.install(postgres).await?;
        Ok(Self {
            postgres: postgres.clone(),
            checkpoint: Checkpoint::new(postgres, P::NAME, fingerprint),
            projection,
            check: check(postgres, P::TABLES).await?,
        })
    }

    async fn apply_one(
        &self,
        tx: &Transaction<'_>,
        record: &RecordedEvent,
    ) -> Result<(), ProjectionError> {
        let position = record.position;
        let decoded = ProjectionError::catch(position, || decode(record.clone()))?;
        let event = decoded.map_err(|error| ProjectionError::at(position, error))?;
        // What it changed before a panic is thrown away with the transaction.
        match AssertUnwindSafe(self.projection.apply(tx, &event))
            .catch_unwind()
            .await
        {
            Ok(applied) => applied.map_err(|error| error.at(position)),
            Err(panic) => Err(ProjectionError::panicked_at(position, panic.as_ref())),
        }
    }
}

#[async_trait]
impl<P: SqlProjection> Projector for SqlProjector<P> {
    fn name(&self) -> &str {
        P::NAME
    }

    fn query(&self) -> Query {
        P::query()
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
        self.project(&tx, &batch).await?;
        Ok(tx.commit().await?)
    }
}

#[async_trait]
impl<P: SqlProjection> InlineProjector for SqlProjector<P> {
    async fn share(&self, store: StoreId) -> Result<(), ProjectionError> {
        self.checkpoint.share(store).await
    }

    async fn project(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<(), ProjectionError> {
        tx.batch(&self.postgres.sql(SEARCH_PATH)).await?;
        self.checkpoint.advance(tx, batch).await?;
        for record in batch.events.iter() {
            self.apply_one(tx, record).await?;
        }
        // Here and not at the commit, where nobody can tell whose they are. It also fails when a
        // statement failed and the projection kept that to itself: the server would answer the
        // commit by rolling back, and the driver call that done.
        let checked = tx.batch(&self.check).await;
        checked.map_err(|error| error.at(batch.up_to))
    }
}

/// Checks the constraints of some tables now, and leaves them as they were. Those of others are not
/// touched: the transaction may be somebody else's, who is not done with it.
async fn check(postgres: &Postgres, tables: &[&str]) -> Result<String, PostgresError> {
    let client = postgres.client().await?;
    let sql = postgres.sql(DEFERRABLE);
    let rows = client.rows(&sql, &[(&tables, Type::TEXT_ARRAY)]).await?;
    let (mut all, mut deferred): (Vec<String>, Vec<String>) = Default::default();
    for row in rows {
        let name: String = row.try_get(0)?;
        if row.try_get(1)? {
            deferred.push(name.clone());
        }
        all.push(name);
    }
    let mut check = match all.is_empty() {
        true => "select".to_owned(),
        false => format!("set constraints {} immediate", all.join(", ")),
    };
    if !deferred.is_empty() {
        check += &format!("; set constraints {} deferred", deferred.join(", "));
    }
    Ok(check)
}
