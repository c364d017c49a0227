//! Projections: read models kept up to date from events.

use std::sync::Arc;

use async_trait::async_trait;

use crate::decode::Recorded;
use crate::error::Cause;
use crate::event::{EventType, RecordedEvent};
use crate::ids::StoreId;
use crate::position::Position;
use crate::query::{Query, QueryItem};
use crate::read_model::ReadModel;
use crate::typed_event::Event;

/// A read model that is a fold of events, row by row.
///
/// # Contract
///
/// 1. [`keys`](Self::keys) and [`fold`](Self::fold) are pure and depend on nothing but their
///    arguments, so that a rebuild gives the same rows.
/// 2. A row that `fold` returns has the key it was called with.
pub trait Projection: ReadModel {
    /// The events it is made of.
    type Event: Event;

    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// Counts the changes of [`fold`](Self::fold) that leave the row's columns as they were.
    /// Raise it, and the rows are made again from the first event.
    const FOLD_REVISION: u32 = 1;

    /// The rows an event belongs to: grouping and fan-out, in one place.
    fn keys(event: &Recorded<Self::Event>) -> Vec<Self::Key>;

    /// The row after an event. `None` before: there was no such row. `None` after: delete it.
    fn fold(row: Option<Self>, key: &Self::Key, event: &Recorded<Self::Event>) -> Option<Self>;

    /// The events it asks the store for: its categories and its event types.
    fn query() -> Query {
        query_of::<Self::Event>(Self::CATEGORIES)
    }
}

/// All event types of `E`, in the given categories; none means in all.
///
/// # Panics
/// When a name in `E::SCHEMAS` cannot be an event type: a mistake in the program.
pub fn query_of<E: Event>(categories: &[&str]) -> Query {
    let types = E::SCHEMAS
        .iter()
        .map(|schema| EventType::new(schema.name).expect("names in SCHEMAS are valid event types"));
    let item = QueryItem::default().categories(categories.iter().copied());
    Query::any_of([item.types(types)])
}

/// A projection bound to where its read model is kept: what a runner drives.
///
/// # Contract
///
/// 1. [`apply`](Self::apply) writes the effect of a batch and moves the checkpoint in one
///    transaction: both or neither.
/// 2. It refuses a batch that does not begin at its checkpoint, and writes nothing then.
/// 3. A checkpoint belongs to one store; [`resume`](Self::resume) refuses another's.
#[async_trait]
pub trait Projector: Send + Sync + 'static {
    /// The name its checkpoint is kept under.
    fn name(&self) -> &str;

    /// The events it wants.
    fn query(&self) -> Query;

    /// Up to where it has applied the events of `store`.
    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError>;

    /// Applies events and moves the checkpoint, in one transaction.
    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError>;
}

/// All events a projection wants between two positions.
#[derive(Debug, Clone)]
pub struct ProjectionBatch {
    /// The checkpoint the batch begins at, exclusive.
    pub after: Position,
    /// The checkpoint the batch ends at, inclusive.
    pub up_to: Position,
    /// The events in between that were asked for; may be none. Shared, since a batch may be
    /// tried several times.
    pub events: Arc<[RecordedEvent]>,
}

/// Why a batch was not applied. Nothing of it was written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectionError {
    /// The read model cannot be written now.
    /// **Do:** back off, then apply the same batch again.
    #[error("read model unavailable: {0}")]
    Unavailable(#[source] Cause),

    /// One event cannot be applied.
    /// **Do:** fix the projection or the event's decoding; trying again will not help.
    #[error("event at position {position} cannot be applied: {cause}")]
    Event {
        /// Which event.
        position: Position,
        /// What happened.
        #[source]
        cause: Cause,
    },

    /// The checkpoint is elsewhere: another projector moved it.
    /// **Do:** stop this one, or resume it from the checkpoint.
    #[error("checkpoint is at {actual}, the batch begins at {expected}")]
    Moved {
        /// Where the batch begins.
        expected: Position,
        /// Where the checkpoint is.
        actual: Position,
    },

    /// The read model was made from another store.
    /// **Do:** point it to its own store, or delete it to have it rebuilt.
    #[error("read model {projection} belongs to store {actual}, not to {expected}")]
    WrongStore {
        /// Which projection.
        projection: String,
        /// The store it was opened with.
        expected: StoreId,
        /// The store it was made from.
        actual: StoreId,
    },
}
