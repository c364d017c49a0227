//! Projections of several tables, for what a row per key cannot say.

use crate::column::{Column, ColumnKind, Value};
use crate::decode::Recorded;
use crate::parking::PartitionKey;
use crate::projection::query_of;
use crate::query::Query;
use crate::read_model::{Index, ReadModel};
use crate::typed_event::Event;

pub use fit::RowError;
pub(crate) use rows::{Fault, RowKey};
pub use rows::{NotLoaded, Rows};

mod fit;
mod rows;

/// A read model of one or more tables, written row by row, in any database.
///
/// A row for each payment needs the balance before it, which is a row of its own:
///
/// ```
/// # use annals_core::{NotLoaded, Event, ReadModel, Recorded, Rows, TableProjection, TableShape};
/// # use annals_core as annals;
/// # use annals_macros::{Event, ReadModel};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum AccountEvent { Deposited { cents: i64 } }
/// #[derive(ReadModel, Clone)]
/// #[read_model(table = "balances")]
/// struct Balance {
///     #[key]
///     account: String,
///     cents: i64,
/// }
///
/// #[derive(ReadModel, Clone)]
/// #[read_model(table = "payments")]
/// struct Payment {
///     #[key]
///     position: u64,
///     balance_after: i64,
/// }
///
/// struct Statement;
///
/// impl TableProjection for Statement {
///     type Event = AccountEvent;
///     const NAME: &'static str = "statement";
///     const REVISION: u32 = 1;
///
///     fn tables() -> Vec<TableShape> {
///         vec![TableShape::of::<Balance>(), TableShape::of::<Payment>()]
///     }
///
///     fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
///         let AccountEvent::Deposited { cents } = event.event;
///         let account = event.record.stream.id().to_owned();
///         let before = rows.get::<Balance>(&account)?.map_or(0, |balance| balance.cents);
///         let cents = before + cents;
///         rows.put(Payment { position: event.record.position.0, balance_after: cents });
///         rows.put(Balance { account, cents });
///         Ok(())
///     }
/// }
/// ```
///
/// # Contract
///
/// 1. [`apply`](Self::apply) is pure and depends on nothing but its arguments, so that a rebuild
///    gives the same rows.
/// 2. It asks for and writes rows of its [`tables`](Self::tables) alone.
/// 3. It may be run more than once for an event, and ahead of its turn on rows that earlier events
///    have not changed yet, to learn which rows it needs. What such a run changes is forgotten,
///    and what fails in it does not count, though the message of a panic is printed.
pub trait TableProjection: Send + Sync + 'static {
    /// The events it is made of.
    type Event: Event;

    /// The name its checkpoint is kept under.
    const NAME: &'static str;

    /// The categories it listens to; none listens to all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// The tags an event must carry, all of them; none asks for none.
    const TAGS: &'static [&'static str] = &[];

    /// Counts the changes of [`apply`](Self::apply) that leave the tables as they were. Raise it,
    /// and they are made again from the first event.
    const REVISION: u32;

    /// Its tables.
    fn tables() -> Vec<TableShape>;

    /// Takes in one event.
    ///
    /// # Errors
    /// [`NotLoaded`] when [`Rows::get`] says so, to be passed on with `?`: it is run again with
    /// the row.
    fn apply(rows: &mut Rows, event: &Recorded<Self::Event>) -> Result<(), NotLoaded>;

    /// What an event must stay in order with: when it cannot be applied, later events of any of these
    /// wait for it, and all others go on. Say so where rows are changed by more than one stream: rows
    /// of some keys are also [folded again](crate::Refold) from the events of these keys alone.
    fn partitions(event: &Recorded<Self::Event>) -> Vec<PartitionKey> {
        vec![PartitionKey::of_stream(&event.record.stream)]
    }

    /// The events it asks the store for: by its categories, its event types and its tags.
    fn query() -> Query {
        query_of::<Self::Event>(Self::CATEGORIES, Self::TAGS)
    }
}

/// What a database must know of a read model to make its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableShape {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// Its secondary indexes.
    pub indexes: &'static [Index],
}

impl TableShape {
    /// Of a read model.
    pub fn of<R: ReadModel>() -> Self {
        Self {
            name: R::TABLE,
            columns: R::COLUMNS,
            indexes: R::INDEXES,
        }
    }

    /// The columns of the key, in their order.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().filter(|column| column.key)
    }

    /// The key of a row.
    pub fn key_of(&self, row: &[Value]) -> Vec<Value> {
        let values = self.columns.iter().zip(row);
        let keys = values.filter(|(column, _)| column.key);
        keys.map(|(_, value)| value.clone()).collect()
    }

    /// True if these values could be the key of a row.
    pub(crate) fn has_key_like(&self, values: &[Value]) -> bool {
        let kinds = self.key_columns().map(|column| column.kind);
        let likes = values.iter().map(|value| match value {
            Value::Integer(_) => Some(ColumnKind::Integer),
            Value::Text(_) => Some(ColumnKind::Text),
            _ => None,
        });
        kinds.map(Some).eq(likes)
    }

    /// True if there are values that no two rows may have.
    pub fn has_unique(&self) -> bool {
        self.indexes.iter().any(|index| index.unique)
    }
}
