//! Tables by hand: a projection that is given the transaction.

use std::panic::AssertUnwindSafe;

use annals_core::{
    Edition, Event, Fingerprint, Handled, Parking, PartitionKey, ProjectionError, Query, Recorded,
    RecordedEvent, decode, query_of,
};
use async_trait::async_trait;
use futures_util::FutureExt;
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::{Postgres, Transaction};
use crate::projector::{Handler, NotHandled, Pace, TablesProjector};
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
/// When an event cannot be applied, later ones of its stream wait for it.
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

    /// The tags an event must carry, all of them; none asks for none.
    const TAGS: &'static [&'static str] = &[];

    /// Its tables. They are dropped before a rebuild.
    const TABLES: &'static [&'static str];

    /// Counts the changes of [`apply`](Self::apply) that leave the schema as it was. Raise it,
    /// and the tables are made again from the first event.
    const REVISION: u32;

    /// The events it asks the store for: by its categories, its event types and its tags.
    fn query() -> Query {
        query_of::<Self::Event>(Self::CATEGORIES, Self::TAGS)
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

/// What a [`SqlProjection`] does to its tables.
pub(crate) struct ByHand<P> {
    projection: P,
    /// The statement that sees to it that [`SEARCH_PATH`] holds.
    search_path: String,
    /// The statements that check its constraints, and fail after a statement that failed.
    check: String,
}

impl<P: SqlProjection> TablesProjector<ByHand<P>> {
    /// Of a projection by hand.
    pub(crate) async fn by_hand(postgres: &Postgres, projection: P) -> Result<Self, PostgresError> {
        let declaration = Declaration {
            projection: P::NAME,
            edition: Edition::Current,
            tables: P::TABLES.to_vec(),
            ddl: P::schema().to_owned(),
            fingerprint: Fingerprint::of_read_model(P::schema(), &P::query(), P::REVISION),
            others_stay: false,
        };
        // First, because the constraints are those of the tables.
        declaration.install(postgres).await?;
        let by_hand = ByHand {
            projection,
            search_path: postgres.sql(SEARCH_PATH),
            check: check(postgres, P::TABLES).await?,
        };
        Ok(Self::bound(postgres, &declaration, by_hand))
    }
}

#[async_trait]
impl<P: SqlProjection> Handler for ByHand<P> {
    fn query(&self) -> Query {
        P::query()
    }

    async fn handle(
        &self,
        tx: &Transaction<'_>,
        events: &[RecordedEvent],
        mut parking: Parking,
        pace: Pace,
    ) -> Result<Handled, NotHandled> {
        tx.batch(&self.search_path)
            .await
            .map_err(ProjectionError::from)?;
        let mut handled = Vec::with_capacity(events.len());
        for record in events {
            self.handle_one(tx, record, &mut parking, pace).await?;
            handled.push(record.into());
        }
        // Here and not at the commit, where nobody can tell whose they are. It also fails when a
        // statement failed and the projection kept that to itself: the server would answer the
        // commit by rolling back, and the driver call that done.
        tx.batch(&self.check)
            .await
            .map_err(|error| match events.last() {
                Some(last) => error.at(last.position),
                None => error.into(),
            })?;
        Ok(Handled {
            events: handled,
            parked: parking.into_parked(),
        })
    }
}

impl<P: SqlProjection> ByHand<P> {
    /// Applies an event, or parks it.
    async fn handle_one(
        &self,
        tx: &Transaction<'_>,
        record: &RecordedEvent,
        parking: &mut Parking,
        pace: Pace,
    ) -> Result<(), ProjectionError> {
        let keys = || vec![PartitionKey::of_stream(&record.stream)];
        if parking.stays_parked(record, keys) {
            return Ok(());
        }
        match pace {
            Pace::AtOnce => self.apply(tx, record).await,
            Pace::OneByOne => match self.apply_alone(tx, record).await {
                Ok(()) => Ok(()),
                Err(failure) => parking.take_failure(record, keys, failure),
            },
        }
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        record: &RecordedEvent,
    ) -> Result<(), ProjectionError> {
        let position = record.position;
        let decoded = ProjectionError::catch(position, || decode(record.clone()))?;
        let events = decoded.map_err(|error| ProjectionError::at(position, error))?;
        let applying = async {
            for event in &events {
                self.projection.apply(tx, event).await?;
            }
            Ok::<_, PostgresError>(())
        };
        // What it changed before a panic is taken back.
        match AssertUnwindSafe(applying).catch_unwind().await {
            Ok(applied) => applied.map_err(|error| error.at(position)),
            Err(panic) => Err(ProjectionError::panicked_at(position, panic.as_ref())),
        }
    }

    /// As [`apply`](Self::apply), but what it changed is taken back when it fails, and its constraints
    /// are those that are checked.
    async fn apply_alone(
        &self,
        tx: &Transaction<'_>,
        record: &RecordedEvent,
    ) -> Result<(), ProjectionError> {
        tx.batch("savepoint annals_event").await?;
        let mut applied = self.apply(tx, record).await;
        if applied.is_ok() {
            let checked = tx.batch(&self.check).await;
            applied = checked.map_err(|error| error.at(record.position));
        }
        if applied.is_err() {
            tx.batch("rollback to savepoint annals_event").await?;
        }
        tx.batch("release savepoint annals_event").await?;
        applied
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
