//! Projections: read models kept up to date from events.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use async_trait::async_trait;

use crate::dead_letter::DeadLetters;
use crate::decode::Recorded;
use crate::error::Cause;
use crate::event::{EventType, RecordedEvent};
use crate::ids::StoreId;
use crate::ledger::Ledger;
use crate::position::Position;
use crate::query::{Query, QueryItem, Tag};
use crate::read_model::ReadModel;
use crate::typed_event::{Event, stored_names};

/// A read model that is a fold of events, row by row.
///
/// `#[derive(Projection)]` writes this where columns are only taken from events, counted and summed
/// up. What needs logic is written by hand:
///
/// ```
/// # use annals_core as annals;
/// use annals::{Projection, Recorded};
/// # use annals_macros::{Event, ReadModel};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum AccountEvent { Deposited { cents: i64 }, Transferred { cents: i64, to: String } }
///
/// #[derive(ReadModel, Clone)]
/// #[read_model(table = "balances")]
/// struct Balance {
///     #[key]
///     account: String,
///     cents: i64,
/// }
///
/// impl Projection for Balance {
///     type Event = AccountEvent;
///
///     fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
///         let account = event.record.stream.id().to_owned();
///         match &event.event {
///             AccountEvent::Deposited { .. } => vec![account],
///             AccountEvent::Transferred { to, .. } => vec![account, to.clone()],
///         }
///     }
///
///     fn fold(row: Option<Self>, key: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
///         let change = match &event.event {
///             AccountEvent::Transferred { cents, to } if to != key => -cents,
///             AccountEvent::Deposited { cents } | AccountEvent::Transferred { cents, .. } => *cents,
///         };
///         let cents = row.map_or(0, |row| row.cents) + change;
///         Some(Self { account: key.clone(), cents })
///     }
/// }
/// ```
///
/// # Contract
///
/// 1. [`keys`](Self::keys) and [`fold`](Self::fold) are pure and depend on nothing but their
///    arguments, so that a rebuild gives the same rows.
/// 2. A row that `fold` returns has the key it was called with.
///
/// `fold` sees each row as its columns hold it, also when the event before was of the same batch: how
/// events are cut into batches shows nowhere. A row with a value that its column cannot hold fails
/// at the event that made it.
pub trait Projection: ReadModel {
    /// The events it is made of.
    type Event: Event;

    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// The tags an event must carry, all of them; none asks for none.
    const TAGS: &'static [&'static str] = &[];

    /// Counts the changes of [`fold`](Self::fold) that leave the row's columns as they were.
    /// Raise it, and the rows are made anew from the first event, beside those that are read.
    const FOLD_REVISION: u32 = 1;

    /// The rows an event belongs to: grouping and fan-out, in one place.
    fn keys(event: &Recorded<Self::Event>) -> Vec<Self::Key>;

    /// The row after an event. `None` before: there was no such row. `None` after: delete it.
    fn fold(row: Option<Self>, key: &Self::Key, event: &Recorded<Self::Event>) -> Option<Self>;

    /// The events it asks the store for: by its categories, its event types and its tags.
    fn query() -> Query {
        query_of::<Self::Event>(Self::CATEGORIES, Self::TAGS)
    }
}

/// All event types of `E`, also by names that are not written any more, in the given categories,
/// with all of the given tags. No categories means in any, no tags with any or none.
///
/// # Panics
/// When a name in `E::SCHEMAS` cannot be an event type, or one of `tags` no tag: a mistake in the
/// program.
pub fn query_of<E: Event>(categories: &[&str], tags: &[&str]) -> Query {
    let types = stored_names::<E>()
        .map(|name| EventType::new(name).expect("names in SCHEMAS are valid event types"));
    let tags = tags
        .iter()
        .map(|tag| Tag::new(*tag).expect("names in TAGS are valid tags"));
    let item = QueryItem::default().categories(categories.iter().copied());
    Query::any_of([item.types(types).tags(tags)])
}

/// A projection bound to where its read model is kept: what a runner drives.
///
/// # Contract
///
/// 1. [`apply`](Self::apply) writes the effect of a batch and moves the checkpoint in one
///    transaction: both or neither.
/// 2. It refuses a batch that does not begin at its checkpoint, or that comes before it was resumed,
///    and writes nothing then.
/// 3. A checkpoint belongs to one store; [`resume`](Self::resume) refuses another's.
/// 4. Once its read model was declared otherwise it is superseded: it takes nothing over, writes
///    nothing, and tells nothing of how far the tables are, which are not its own any more.
/// 5. Where several processes can write it, `resume` takes the checkpoint over: whoever resumed it
///    earlier is fenced off, and writes nothing any more, however late it wakes up.
#[async_trait]
pub trait Projector: Send + Sync + 'static {
    /// The name its checkpoint is kept under.
    fn name(&self) -> &str;

    /// The events it wants.
    fn query(&self) -> Query;

    /// Takes the checkpoint over. Answers up to where the events of `store` are applied.
    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError>;

    /// Up to where the events of `store` are applied, by whichever process; takes nothing over.
    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError>;

    /// Applies events and moves the checkpoint, in one transaction.
    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError>;

    /// Where it parks events that it cannot apply. `None`: it has no place for them, and fails.
    fn dead_letters(&self) -> Option<&dyn DeadLetters> {
        None
    }

    /// Where it notes which events it handled. `None`: nobody can tell whether it left one out.
    fn ledger(&self) -> Option<&dyn Ledger> {
        None
    }
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
    /// The read model cannot be written now, or an [`Effect`](crate::Effect) takes so long that the rest
    /// of the batch was not begun.
    /// **Do:** back off, then apply the same batch again.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Cause),

    /// An [`Effect`](crate::Effect) was not acknowledged. Events of other partitions may be done.
    /// **Do:** back off, then apply the same batch again, as large as it was: the others go on.
    #[error("the effect of the event at position {position} was not acknowledged: {cause}")]
    NotAcknowledged {
        /// The first event that is not done.
        position: Position,
        /// What happened.
        #[source]
        cause: Cause,
    },

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

    /// What is stored of the read model is damaged, or was written by other code.
    /// **Do:** stop, and delete it or raise its revision: it is made again from the events.
    #[error("read model damaged: {reason}")]
    Damaged {
        /// What was found.
        reason: String,
    },

    /// So many events are parked that it is no mishap of a few events.
    /// **Do:** fix the projection, then release what is parked.
    #[error("more than {most} events of {projection} are parked")]
    TooManyParked {
        /// Which projection.
        projection: String,
        /// How many may be.
        most: u32,
    },

    /// The checkpoint is elsewhere, or another process has taken it over.
    /// **Do:** stop this one, or resume it from the checkpoint.
    #[error("checkpoint moved or taken over: it is at {actual}, the batch begins at {expected}")]
    Moved {
        /// Where the batch begins.
        expected: Position,
        /// Where the checkpoint is.
        actual: Position,
    },

    /// Another process declared the read model otherwise: its tables are of other code by now.
    /// **Do:** stop; only the newer code keeps it up to date, and tells what is in it.
    #[error("read model {projection} was declared otherwise by another process")]
    Superseded {
        /// Which projection.
        projection: String,
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

/// A projection that panicked.
#[derive(Debug, thiserror::Error)]
#[error("the projection panicked: {0}")]
struct Panicked(String);

impl ProjectionError {
    /// A failure that comes back whenever the event at `position` is applied.
    pub fn at(position: Position, cause: impl Error + Send + Sync + 'static) -> Self {
        let cause: Cause = Arc::new(cause);
        Self::Event { position, cause }
    }

    /// A panic while the event at `position` was applied, with what was thrown.
    pub fn panicked_at(position: Position, panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::at(position, Panicked(text.unwrap_or("no message").to_owned()))
    }

    /// Runs a projection's code for the event at `position`; a panic is a failure at that event.
    /// What the code was changing must be thrown away then.
    ///
    /// # Errors
    /// [`ProjectionError::Event`] when it panics.
    pub fn catch<T>(position: Position, code: impl FnOnce() -> T) -> Result<T, Self> {
        catch_unwind(AssertUnwindSafe(code))
            .map_err(|panic| Self::panicked_at(position, panic.as_ref()))
    }
}
