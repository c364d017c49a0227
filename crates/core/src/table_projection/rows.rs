//! The rows a batch works on, in memory.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use super::{RowError, TableShape};
use crate::column::Value;
use crate::error::Cause;
use crate::parking::PartitionKey;
use crate::position::Position;
use crate::read_model::ReadModel;
use crate::table_fold::{RowWrite, TableWrites};

/// Which of a fold's tables, and the values of the key.
pub(crate) type RowKey = (usize, Vec<Value>);

/// The rows a projection works on, in memory: within a batch, each is loaded once and written once.
pub struct Rows {
    tables: Vec<TableShape>,
    known: HashMap<RowKey, Known>,
    /// What the event that is being applied has done so far.
    changed: HashMap<RowKey, Change>,
    missing: HashSet<RowKey>,
    /// Whether the event asked for a row that is missing.
    lacks_rows: bool,
    fault: Option<Fault>,
    changes: u64,
    /// The keys of the rows that a fold by rows is to change; none: of all.
    only: Option<BTreeSet<PartitionKey>>,
}

/// A row that a projection asks for is not in memory yet.
///
/// **Do:** pass it on with `?`; the event is applied again once the row is there.
#[derive(Debug, thiserror::Error)]
#[error("a row of {table} is not loaded yet")]
pub struct NotLoaded {
    table: &'static str,
}

/// Why an event cannot be applied, other than by a panic.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A stored row is not of its read model.
    Damaged(String),
    /// A row that was made does not fit into its table.
    Row(RowError),
    /// A fold made a row of another key.
    OtherKey(OtherKey),
    /// An effect was not performed.
    NotPerformed(Cause),
}

/// A fold that broke its contract.
#[derive(Debug, thiserror::Error)]
#[error("fold returned a row of {table} with another key: {key:?}")]
pub(crate) struct OtherKey {
    table: &'static str,
    key: Vec<Value>,
}

/// A row after the last event that is done with.
struct Known {
    row: Row,
    /// The row as it was loaded, once it was changed.
    before: Row,
    /// The last event that changed it, if any of this batch did.
    by: Option<Position>,
    order: u64,
}

struct Change {
    row: Row,
    order: u64,
}

/// A row as it is stored or will be, so that an event sees the same of it whether the one before it
/// was of the same batch or not. None: there is no such row.
type Row = Option<Vec<Value>>;

impl Rows {
    /// The row of a key, as earlier events left it.
    ///
    /// # Errors
    /// [`NotLoaded`] when it is not in memory yet, to be passed on with `?`.
    ///
    /// # Panics
    /// When the projection does not declare the table: a mistake in the program.
    pub fn get<R: ReadModel>(&mut self, key: &R::Key) -> Result<Option<R>, NotLoaded> {
        let key = self.row_key::<R>(key)?;
        let changed = self.changed.get(&key).map(|change| &change.row);
        let row = changed.or_else(|| self.known.get(&key).map(|known| &known.row));
        match row {
            Some(None) => Ok(None),
            Some(Some(values)) => match R::from_values(values.clone()) {
                Ok(row) => Ok(Some(row)),
                Err(error) => self.refuse(R::TABLE, Fault::Damaged(error.to_string())),
            },
            None => {
                self.lacks_rows = true;
                self.missing.insert(key);
                Err(NotLoaded { table: R::TABLE })
            }
        }
    }

    /// Writes a row, in place of the one with its key if there is one.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "whoever makes a row has no more use for it"
    )]
    pub fn put<R: ReadModel>(&mut self, row: R) {
        let Ok(key) = self.row_key::<R>(&row.key()) else {
            return;
        };
        let values = row.to_values();
        match self.tables[key.0].check_row(&values) {
            Ok(()) => self.change(key, Some(values)),
            Err(error) => {
                self.fault.get_or_insert(Fault::Row(error));
            }
        }
    }

    /// Deletes the row of a key if there is one.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn delete<R: ReadModel>(&mut self, key: &R::Key) {
        if let Ok(key) = self.row_key::<R>(key) {
            self.change(key, None);
        }
    }

    pub(crate) fn of(tables: Vec<TableShape>) -> Self {
        Self {
            tables,
            known: HashMap::new(),
            changed: HashMap::new(),
            missing: HashSet::new(),
            lacks_rows: false,
            fault: None,
            changes: 0,
            only: None,
        }
    }

    /// Has a fold by rows change the rows of these keys alone.
    pub(crate) fn keep_to(&mut self, keys: BTreeSet<PartitionKey>) {
        self.only = Some(keys);
    }

    /// True if a fold by rows is to change the row of a key.
    pub(crate) fn are_to_have<R: ReadModel>(&self, key: &R::Key) -> bool {
        let is_named = |only: &BTreeSet<PartitionKey>| {
            only.contains(&PartitionKey::of_row(&R::key_values(key)))
        };
        self.only.as_ref().is_none_or(is_named)
    }

    /// Asks for all of these rows at once.
    pub(crate) fn need<R: ReadModel>(&mut self, keys: &[R::Key]) -> Result<(), NotLoaded> {
        for key in keys {
            let key = self.row_key::<R>(key)?;
            if !self.known.contains_key(&key) {
                self.lacks_rows = true;
                self.missing.insert(key);
            }
        }
        match self.lacks_rows {
            true => Err(NotLoaded { table: R::TABLE }),
            false => Ok(()),
        }
    }

    /// What became of the row of a key, as a fold says it.
    pub(crate) fn fold<R: ReadModel>(&mut self, key: &R::Key, row: Option<R>) {
        match row {
            None => self.delete::<R>(key),
            Some(row) if row.key() == *key => self.put(row),
            Some(row) => {
                let (table, key) = (R::TABLE, R::key_values(&row.key()));
                let other_key = Fault::OtherKey(OtherKey { table, key });
                self.fault.get_or_insert(other_key);
            }
        }
    }

    /// Begins with an event. What another one did that was not kept is forgotten.
    pub(crate) fn begin_event(&mut self) {
        self.changed.clear();
        self.lacks_rows = false;
        self.fault = None;
    }

    /// True if the event asked for a row that is missing.
    pub(crate) fn lacks_rows(&self) -> bool {
        self.lacks_rows
    }

    /// Lets the event fail.
    pub(crate) fn fail(&mut self, cause: Cause) {
        self.fault.get_or_insert(Fault::NotPerformed(cause));
    }

    /// Why the event cannot be applied.
    pub(crate) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// Keeps what the event did.
    pub(crate) fn keep(&mut self, by: Position) {
        for (key, change) in self.changed.drain() {
            match self.known.entry(key) {
                Entry::Occupied(mut known) => known.get_mut().change(change, by),
                Entry::Vacant(known) => {
                    known.insert(Known::new(change, by));
                }
            }
        }
    }

    /// The rows that were asked for and are not here.
    pub(crate) fn take_missing(&mut self) -> Vec<RowKey> {
        self.missing.drain().collect()
    }

    /// A row as it is stored, or that there is none.
    pub(crate) fn load(&mut self, key: RowKey, values: Option<Vec<Value>>) {
        // What an event of this batch made of it is newer.
        self.known.entry(key).or_insert_with(|| Known {
            row: values,
            before: None,
            by: None,
            order: 0,
        });
    }

    /// What is to be written, table by table, in the order of the last changes.
    pub(crate) fn into_writes(self) -> Vec<TableWrites> {
        let mut changed: Vec<(RowKey, Known)> = self.known.into_iter().collect();
        changed.sort_unstable_by_key(|(_, known)| known.order);
        let mut writes: Vec<TableWrites> = Vec::new();
        writes.resize_with(self.tables.len(), TableWrites::default);
        for ((table, key), known) in changed {
            let Known {
                row, before, by, ..
            } = known;
            let Some(by) = by else { continue };
            let (values, rows) = match row {
                None => (key, &mut writes[table].delete),
                Some(values) => (values, &mut writes[table].put),
            };
            rows.push(RowWrite { values, before, by });
        }
        writes
    }

    fn row_key<R: ReadModel>(&mut self, key: &R::Key) -> Result<RowKey, NotLoaded> {
        let table = self.tables.iter().position(|table| table.name == R::TABLE);
        let table = table.unwrap_or_else(|| panic!("the projection declares no {}", R::TABLE));
        let values = R::key_values(key);
        match self.tables[table].check_key(&values) {
            Ok(()) => Ok((table, values)),
            Err(error) => self.refuse(R::TABLE, Fault::Row(error)),
        }
    }

    /// Whatever the event does from here on, it cannot be applied.
    fn refuse<T>(&mut self, table: &'static str, fault: Fault) -> Result<T, NotLoaded> {
        self.fault.get_or_insert(fault);
        Err(NotLoaded { table })
    }

    fn change(&mut self, key: RowKey, row: Row) {
        self.changes += 1;
        let order = self.changes;
        self.changed.insert(key, Change { row, order });
    }
}

impl Known {
    /// A row that was not loaded.
    fn new(Change { row, order }: Change, by: Position) -> Self {
        Self {
            row,
            before: None,
            by: Some(by),
            order,
        }
    }

    fn change(&mut self, Change { row, order }: Change, by: Position) {
        let before = std::mem::replace(&mut self.row, row);
        if self.by.replace(by).is_none() {
            self.before = before;
        }
        self.order = order;
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("known", &self.known.len())
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}
