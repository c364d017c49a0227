//! Folds of events into rows of tables: what a database drives to keep read models up to date.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::column::Value;
use crate::decode::{DecodeError, Decoded, Recorded, decode};
use crate::effect::{Effect, partition_of};
use crate::error::Cause;
use crate::event::RecordedEvent;
use crate::parking::{Parking, PartitionKey};
use crate::position::Position;
use crate::projection::{Projection, ProjectionError};
use crate::query::Query;
use crate::snapshot::Fingerprint;
use crate::table_projection::{NotLoaded, Rows, TableProjection, TableShape};
use crate::typed_event::Event;

pub use folding::{Folding, Progress};

mod folding;
#[cfg(test)]
pub(crate) mod tests;

/// How the tables of a projection are made of events.
///
/// It is the same type for every projection, so that a database drives all of them in one way:
///
/// ```
/// # use annals_core::{ProjectionError, Progress, RecordedEvent, TableFold, TableWrites, Value};
/// fn fold(
///     fold: &TableFold,
///     events: &[RecordedEvent],
///     load: impl Fn(usize, &[Value]) -> Option<Vec<Value>>,
/// ) -> Result<Vec<TableWrites>, ProjectionError> {
///     let mut folding = fold.begin();
///     while let Progress::Missing(rows) = folding.advance(events)? {
///         for (table, key) in rows {
///             let row = load(table, &key);
///             folding.loaded(table, key, row);
///         }
///     }
///     let (writes, _handled) = folding.finish();
///     Ok(writes)
/// }
/// ```
#[derive(Clone)]
pub struct TableFold {
    name: &'static str,
    query: Query,
    tables: Vec<TableShape>,
    revision: u32,
    is_by_row: bool,
    decode: fn(&RecordedEvent) -> Result<AnyEvent, DecodeError>,
    partitions: fn(&dyn Any) -> Vec<PartitionKey>,
    apply: Arc<Apply>,
}

type Apply = dyn Fn(&mut Rows, &dyn Any) -> Result<(), NotLoaded> + Send + Sync;

/// What a record is [`Decoded`] to, of the projection's type; as it is recorded, for an effect.
type AnyEvent = Box<dyn Any + Send + Sync>;

/// What is to be written to one table: first what is to be deleted, then what is to be put, each
/// in the order given. Then of two rows one may take over a value that no two may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableWrites {
    /// Keys of rows that are not to be there; they may not be there already.
    pub delete: Vec<RowWrite>,
    /// Rows, in place of those with their keys.
    pub put: Vec<RowWrite>,
}

/// One row to be written or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowWrite {
    /// The values of its columns; of its key columns if it is to be deleted.
    pub values: Vec<Value>,
    /// The values that its columns hold, where the row was loaded and is there.
    pub before: Option<Vec<Value>>,
    /// The last event that changed it.
    pub by: Position,
}

impl TableFold {
    /// Of a projection that folds each row by itself. It is named after its table.
    pub fn of_rows<P: Projection>() -> Self {
        Self {
            name: P::TABLE,
            query: P::query(),
            tables: vec![TableShape::of::<P>()],
            revision: P::FOLD_REVISION,
            is_by_row: true,
            decode: decode_any::<P::Event>,
            partitions: |events| typed(events).iter().flat_map(row_keys::<P>).collect(),
            apply: Arc::new(|rows, events| {
                let mut events = typed(events).iter();
                events.try_for_each(|event| fold_rows::<P>(rows, event))
            }),
        }
    }

    /// Of a projection that writes to several tables.
    pub fn of_tables<P: TableProjection>() -> Self {
        Self {
            name: P::NAME,
            query: P::query(),
            tables: P::tables(),
            revision: P::REVISION,
            is_by_row: false,
            decode: decode_any::<P::Event>,
            partitions: |events| typed(events).iter().flat_map(P::partitions).collect(),
            apply: Arc::new(|rows, events| {
                let mut events = typed(events).iter();
                events.try_for_each(|event| P::apply(rows, event))
            }),
        }
    }

    /// Of an effect: all that is kept is its checkpoint and its dead letters. Nothing about it ever
    /// changes, so that it is never put before the first event again.
    ///
    /// What it does, it does outside; `outcome` tells what became of an event there. So an event that
    /// is not parked after all, and was not performed either, fails instead of being passed over.
    pub fn of_effect<E: Effect>(
        outcome: impl Fn(Position) -> Result<(), Cause> + Send + Sync + 'static,
    ) -> Self {
        let apply = move |rows: &mut Rows, event: &dyn Any| {
            if let Err(cause) = outcome(as_recorded(event).position) {
                rows.fail(cause);
            }
            Ok(())
        };
        Self {
            name: E::NAME,
            query: Query::all(),
            tables: Vec::new(),
            revision: 0,
            is_by_row: false,
            decode: |record| Ok(Box::new(record.clone())),
            partitions: |event| vec![partition_of::<E>(as_recorded(event))],
            apply: Arc::new(apply),
        }
    }

    /// The name its checkpoint is kept under.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The events it wants.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The tables it writes to.
    pub fn tables(&self) -> &[TableShape] {
        &self.tables
    }

    /// True if each row is folded by itself: what becomes of it depends on no other row.
    pub fn is_by_row(&self) -> bool {
        self.is_by_row
    }

    /// What an event must stay in order with. Of a fold by rows those are the rows it belongs to,
    /// which may be none; of others it is its stream, if nothing else is told.
    ///
    /// # Errors
    /// [`ProjectionError::Event`] when the event cannot be decoded, or does not tell.
    pub fn partitions_of(
        &self,
        record: &RecordedEvent,
    ) -> Result<BTreeSet<PartitionKey>, ProjectionError> {
        let event = self.decode(record)?;
        let partitions = || (self.partitions)(&*event);
        let told = ProjectionError::catch(record.position, partitions)?;
        Ok(match told.is_empty() && !self.is_by_row {
            true => BTreeSet::from([PartitionKey::of_stream(&record.stream)]),
            false => told.into_iter().collect(),
        })
    }

    /// Changes with its tables, with the events it asks for, and with its revision.
    pub fn fingerprint(&self) -> Fingerprint {
        let tables = format!("{:?}", self.tables);
        Fingerprint::of_read_model(&tables, &self.query, self.revision)
    }

    /// Begins with a batch of events.
    pub fn begin(&self) -> Folding {
        self.begin_with(Parking::default())
    }

    /// Begins with a batch of events, some of which are parked.
    pub fn begin_with(&self, parking: Parking) -> Folding {
        Folding::new(self, parking)
    }

    /// Begins with a batch of events that a fold by rows applies to the rows of these keys alone.
    pub(crate) fn begin_within(&self, keys: &BTreeSet<PartitionKey>) -> Folding {
        let mut folding = self.begin();
        if self.is_by_row {
            folding.apply_only_to(keys.clone());
        }
        folding
    }

    fn decode(&self, record: &RecordedEvent) -> Result<AnyEvent, ProjectionError> {
        let decoded = ProjectionError::catch(record.position, || (self.decode)(record))?;
        decoded.map_err(|error| ProjectionError::at(record.position, error))
    }
}

impl fmt::Debug for TableFold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TableFold").field(&self.name).finish()
    }
}

fn fold_rows<P: Projection>(rows: &mut Rows, event: &Recorded<P::Event>) -> Result<(), NotLoaded> {
    let mut keys = P::keys(event);
    keys.retain(|key| rows.are_to_have::<P>(key));
    rows.need::<P>(&keys)?;
    for key in keys {
        let row = P::fold(rows.get(&key)?, &key, event);
        rows.fold(&key, row);
    }
    Ok(())
}

fn row_keys<P: Projection>(event: &Recorded<P::Event>) -> Vec<PartitionKey> {
    let keys = P::keys(event);
    let keys = keys.iter().map(|key| P::key_values(key));
    keys.map(|key| PartitionKey::of_row(&key)).collect()
}

fn decode_any<E: Event>(record: &RecordedEvent) -> Result<AnyEvent, DecodeError> {
    Ok(Box::new(decode::<E>(record.clone())?))
}

/// The event of an effect's fold, which decodes none: those that cannot be decoded have a partition
/// as well.
fn as_recorded(event: &dyn Any) -> &RecordedEvent {
    let event = event.downcast_ref();
    event.expect("the fold of an effect takes events as they are recorded")
}

fn typed<E: Event>(events: &dyn Any) -> &Decoded<E> {
    let events = events.downcast_ref();
    events.expect("a fold is given the events it decoded")
}
