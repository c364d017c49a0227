//! Tables by hand: a projection that is given the transaction.

use std::sync::Arc;

use annals_core::{
    Edition, Event, Fingerprint, Handled, Parking, PartitionKey, ProjectionError, Projector, Query,
    Recorded, RecordedEvent, decode, query_of,
};
use rusqlite::Transaction;

use crate::database::Database;
use crate::error::SqliteError;
use crate::projector::{Handler, TablesProjector, savepoint};
use crate::schema::{Declaration, Tables};

/// A read model kept by SQL of one's own, for what a row per key cannot say: several tables,
/// joins, full-text search.
///
/// # Contract
///
/// 1. [`apply`](Self::apply) depends on nothing but the event and the projection's own tables,
///    so that a rebuild gives the same rows.
/// 2. It writes to [`TABLES`](Self::TABLES) alone, and neither commits nor rolls back.
///
/// When an event cannot be applied, later ones of its stream wait for it.
pub trait SqlProjection: Send + Sync + 'static {
    /// The events it is made of.
    type Event: Event;

    /// The name its checkpoint is kept under.
    const NAME: &'static str;

    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// The tags an event must carry, all of them; none asks for none.
    const TAGS: &'static [&'static str] = &[];

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

/// What a [`SqlProjection`] does to its tables.
struct ByHand<P>(P);

impl Database {
    /// Keeps the tables of a projection by hand up to date. They are made if they are not there. If
    /// the schema, the revision or the events it asks for changed, they are dropped, made again, and
    /// the checkpoint is put before the first event.
    ///
    /// # Errors
    /// [`SqliteError`] when the tables cannot be made.
    pub async fn sql_projector<P: SqlProjection>(
        &self,
        projection: P,
    ) -> Result<Arc<dyn Projector>, SqliteError> {
        let declaration = Declaration {
            projection: P::NAME,
            edition: Edition::Current,
            tables: Tables::ByHand {
                names: P::TABLES,
                ddl: P::schema(),
            },
            fingerprint: Fingerprint::of_read_model(P::schema(), &query::<P>(), P::REVISION),
            others_stay: false,
        };
        let by_hand = ByHand(projection);
        let projector = TablesProjector::new(self.clone(), declaration, by_hand).await?;
        Ok(Arc::new(projector))
    }
}

impl<P: SqlProjection> Handler for ByHand<P> {
    fn query(&self) -> Query {
        query::<P>()
    }

    fn handle(
        &self,
        tx: &Transaction<'_>,
        events: &[RecordedEvent],
        mut parking: Parking,
    ) -> Result<Handled, ProjectionError> {
        let mut handled = Vec::with_capacity(events.len());
        for record in events {
            self.handle_one(tx, record, &mut parking)?;
            handled.push(record.into());
        }
        Ok(Handled {
            events: handled,
            parked: parking.into_parked(),
        })
    }
}

impl<P: SqlProjection> ByHand<P> {
    /// Applies an event, or parks it.
    fn handle_one(
        &self,
        tx: &Transaction<'_>,
        record: &RecordedEvent,
        parking: &mut Parking,
    ) -> Result<(), ProjectionError> {
        let keys = || vec![PartitionKey::of_stream(&record.stream)];
        if parking.stays_parked(record, keys) {
            return Ok(());
        }
        match savepoint(tx, || self.apply(tx, record)) {
            Ok(()) => Ok(()),
            Err(failure) => parking.take_failure(record, keys, failure),
        }
    }

    fn apply(&self, tx: &Transaction<'_>, record: &RecordedEvent) -> Result<(), ProjectionError> {
        let position = record.position;
        // What it wrote before a panic is taken back.
        ProjectionError::catch(position, || {
            let events = decode(record.clone());
            let events = events.map_err(|error| ProjectionError::at(position, error))?;
            let mut events = events.iter();
            let applied = events.try_for_each(|event| self.0.apply(tx, event));
            applied.map_err(|error| SqliteError::from(error).at(position))
        })?
    }
}

fn query<P: SqlProjection>() -> Query {
    query_of::<P::Event>(P::CATEGORIES, P::TAGS)
}
