//! Rows made again in memory, of a few keys: what a read model must hold, told by the events alone.
//!
//! In reading order: `sample` says which keys; here their rows are folded; `comparison` holds them
//! against those that are stored.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::{fmt, mem, slice};

use crate::column::Value;
use crate::dead_letter::DeadLetter;
use crate::edition::Replacement;
use crate::event::RecordedEvent;
use crate::parking::PartitionKey;
use crate::position::Position;
use crate::projection::ProjectionError;
use crate::table_fold::{Progress, RowWrite, TableFold, TableWrites};
use crate::table_projection::RowKey;

pub use comparison::{RowDrift, RowsCheck};
pub use sample::KeySample;

mod comparison;
mod sample;
#[cfg(test)]
mod tests;

/// Most rows of one key that are folded again.
const MOST_ROWS: usize = 10_000;

/// The rows of a few keys, folded again from the first event on.
///
/// It is given all events of the fold in their order, and takes in those that belong to a key of its
/// sample. A key is what events must stay in order with: a row where each is folded by itself, else
/// what [`TableProjection::partitions`](crate::TableProjection::partitions) says. What cannot be told
/// by the events of its keys alone is left out, and counted: see [`LeftOut`].
pub struct Refold {
    fold: TableFold,
    sample: KeySample,
    purpose: RefoldPurpose,
    position: Position,
    letters: HashMap<Position, DeadLetter>,
    keys: HashMap<PartitionKey, Key>,
    /// Rows of keys that are not left out.
    rows: HashMap<RowKey, Refolded>,
    /// Events that are parked and applied here.
    unparked: BTreeSet<Position>,
}

/// What rows are folded again for, and what becomes of events that are not applied in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefoldPurpose {
    /// To be compared. Keys with a dead letter are left out: their rows are meant to differ.
    Comparison,
    /// To be put in place. What is parked is applied, and what was skipped stays given up.
    Replacement,
}

/// Why the rows of a key are not folded again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// The event at this position has a dead letter.
    DeadLetter(Position),
    /// The event at this position also belongs to keys that are not folded again, or are left out: it
    /// may have read their rows.
    Entangled(Position),
    /// The event at this position cannot be applied, though the database tells of no failure.
    Failed(Position, String),
    /// There are more than ten thousand of them.
    TooMany,
}

/// What is known of a key of the sample.
#[derive(Default)]
struct Key {
    left_out: Option<LeftOut>,
    rows: HashSet<RowKey>,
}

/// A row, folded again.
#[derive(Clone, Default)]
struct Refolded {
    /// None: there is no such row.
    values: Option<Vec<Value>>,
    /// False if events have only asked for it.
    is_written: bool,
    /// The keys whose events have touched it.
    keys: BTreeSet<PartitionKey>,
}

impl Refold {
    /// Begins before the first event.
    pub fn new(fold: &TableFold, sample: KeySample, purpose: RefoldPurpose) -> Self {
        let mut refold = Self {
            fold: fold.clone(),
            sample,
            purpose,
            position: Position::START,
            letters: HashMap::new(),
            keys: HashMap::new(),
            rows: HashMap::new(),
            unparked: BTreeSet::new(),
        };
        for key in refold.sample.given().clone() {
            refold.begin_with(key);
        }
        refold
    }

    /// Up to where events were taken in.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Says which dead letters there are, skipped ones as well: before the events that are behind the
    /// last ones taken in. False if there is one among those that were taken in without it: then the
    /// rows are not to be used.
    pub fn knows(&mut self, letters: Vec<DeadLetter>) -> bool {
        let is_skipped = |letter: &DeadLetter| letter.skipped.is_some();
        let is_as_before = |letter: &DeadLetter| {
            let before = self.letters.get(&letter.position);
            letter.position > self.position || before.map(is_skipped) == Some(is_skipped(letter))
        };
        let is_sound = letters.iter().all(is_as_before);
        let letters = letters.into_iter().map(|letter| (letter.position, letter));
        self.letters = letters.collect();
        self.unparked.retain(|it| self.letters.contains_key(it));
        is_sound
    }

    /// Takes in the next event that the fold wants.
    ///
    /// # Errors
    /// [`ProjectionError::Event`] when it does not tell which keys it belongs to, though it has no dead
    /// letter: any of them.
    pub fn take_in(&mut self, event: &RecordedEvent) -> Result<(), ProjectionError> {
        self.position = event.position;
        let keys = self.fold.partitions_of(event);
        match self.letters.get(&event.position).cloned() {
            None => self.apply(event, &keys?),
            Some(letter) => self.take_in_parked(event, &letter, keys),
        }
        Ok(())
    }

    /// All events up to a position were taken in.
    pub fn reached(&mut self, position: Position) {
        self.position = position;
    }

    /// The keys of the rows that are known by now, table by table.
    pub fn row_keys(&self) -> Vec<Vec<Vec<Value>>> {
        let mut tables = vec![Vec::new(); self.fold.tables().len()];
        for (table, key) in self.rows.keys() {
            tables[*table].push(key.clone());
        }
        tables
    }

    /// The keys that are left out, and why.
    pub fn left_out(&self) -> impl Iterator<Item = (&PartitionKey, &LeftOut)> {
        let keys = self.keys.iter();
        keys.filter_map(|(key, known)| Some((key, known.left_out.as_ref()?)))
    }

    /// Positions of parked events that are applied to the rows.
    pub fn unparked(&self) -> &BTreeSet<Position> {
        &self.unparked
    }

    /// What puts the rows in place.
    pub fn replacement(&self) -> Replacement {
        let mut tables = vec![TableWrites::default(); self.fold.tables().len()];
        let by = self.position;
        for ((table, key), row) in self.rows.iter().filter(|(_, row)| row.is_written) {
            let writes = &mut tables[*table];
            let (values, rows) = match row.values.clone() {
                Some(values) => (values, &mut writes.put),
                None => (key.clone(), &mut writes.delete),
            };
            rows.push(RowWrite { values, by });
        }
        Replacement {
            at: self.position,
            tables,
            unparked: self.unparked.iter().copied().collect(),
        }
    }

    /// A key that is given. Its row is known to be none before the first event.
    fn begin_with(&mut self, key: PartitionKey) {
        let of_row = key.row_values().filter(|_| self.fold.is_by_row());
        let row = of_row.filter(|values| self.fold.tables()[0].has_key_like(values));
        self.keys.insert(key.clone(), Key::default());
        if let Some(values) = row {
            let none = Touched {
                values: None,
                is_written: true,
            };
            self.keep((0, values), none, &BTreeSet::from([key]));
        }
    }

    fn apply(&mut self, event: &RecordedEvent, keys: &BTreeSet<PartitionKey>) {
        if !self.fold.is_by_row() {
            return self.apply_to(event, keys);
        }
        for key in keys {
            self.apply_to(event, &BTreeSet::from([key.clone()]));
        }
    }

    fn apply_to(&mut self, event: &RecordedEvent, keys: &BTreeSet<PartitionKey>) {
        for key in keys {
            self.admit(key);
        }
        if !self.has_any(keys) {
            return;
        }
        let is_sound = |key| self.keys.get(key).is_some_and(|it| it.left_out.is_none());
        if !keys.iter().all(is_sound) {
            return self.leave_out(keys, &LeftOut::Entangled(event.position));
        }
        match self.fold_again(event, keys) {
            Ok(rows) => self.keep_all(rows, keys),
            Err(error) => {
                self.leave_out(keys, &LeftOut::Failed(event.position, error.to_string()));
            }
        }
    }

    /// Takes in an event that the database has not applied.
    fn take_in_parked(
        &mut self,
        event: &RecordedEvent,
        letter: &DeadLetter,
        keys: Result<BTreeSet<PartitionKey>, ProjectionError>,
    ) {
        let position = event.position;
        let had_keys: BTreeSet<_> = letter.keys.iter().cloned().collect();
        match (self.purpose, keys) {
            (RefoldPurpose::Comparison, keys) => {
                let mut all = had_keys;
                all.extend(keys.unwrap_or_default());
                for key in &all {
                    self.admit(key);
                }
                self.leave_out(&all, &LeftOut::DeadLetter(position));
            }
            (RefoldPurpose::Replacement, _) if letter.skipped.is_some() => {}
            (RefoldPurpose::Replacement, Err(error)) => {
                self.leave_out(&had_keys, &LeftOut::Failed(position, error.to_string()));
            }
            (RefoldPurpose::Replacement, Ok(keys)) if !self.has_any(&keys) => {}
            // What it does to other rows would be lost with its letter.
            (RefoldPurpose::Replacement, Ok(keys)) if !self.has_all(&keys) => {
                self.leave_out(&keys, &LeftOut::Entangled(position));
            }
            (RefoldPurpose::Replacement, Ok(keys)) => {
                self.apply(event, &keys);
                self.unparked.insert(position);
            }
        }
    }

    /// The rows that an event asks for or changes, as it leaves them.
    fn fold_again(
        &self,
        event: &RecordedEvent,
        keys: &BTreeSet<PartitionKey>,
    ) -> Result<HashMap<RowKey, Touched>, ProjectionError> {
        let mut touched = HashMap::new();
        let mut folding = self.fold.begin_within(keys);
        while let Progress::Missing(rows) = folding.advance(slice::from_ref(event))? {
            for (table, key) in rows {
                let row = self.rows.get(&(table, key.clone()));
                let values = row.and_then(|row| row.values.clone());
                touched.insert((table, key.clone()), Touched::read(values.clone()));
                folding.loaded(table, key, values);
            }
        }
        let (writes, _) = folding.finish();
        for (table, writes) in writes.into_iter().enumerate() {
            for row in writes.delete {
                touched.insert((table, row.values), Touched::written(None));
            }
            for row in writes.put {
                let key = self.fold.tables()[table].key_of(&row.values);
                touched.insert((table, key), Touched::written(Some(row.values)));
            }
        }
        Ok(touched)
    }

    fn keep_all(&mut self, rows: HashMap<RowKey, Touched>, keys: &BTreeSet<PartitionKey>) {
        let known = rows.keys().filter_map(|row| self.rows.get(row));
        let strangers = known.filter(|row| row.keys.is_disjoint(keys));
        let strangers: BTreeSet<_> = strangers.flat_map(|row| row.keys.clone()).collect();
        if !strangers.is_empty() {
            // Their rows depend on each other, and the projection does not tell: so may others.
            let both = strangers.union(keys).cloned().collect();
            return self.leave_out(&both, &LeftOut::Entangled(self.position));
        }
        for (key, row) in rows {
            self.keep(key, row, keys);
        }
        for key in keys {
            let rows = self.keys.get(key).map_or(0, |known| known.rows.len());
            if rows > MOST_ROWS {
                self.leave_out(&BTreeSet::from([key.clone()]), &LeftOut::TooMany);
            }
        }
    }

    fn keep(&mut self, row_key: RowKey, touched: Touched, keys: &BTreeSet<PartitionKey>) {
        for key in keys {
            let known = self.keys.entry(key.clone()).or_default();
            known.rows.insert(row_key.clone());
        }
        let row = self.rows.entry(row_key).or_default();
        row.values = touched.values;
        row.is_written |= touched.is_written;
        row.keys.extend(keys.iter().cloned());
    }

    /// Takes a key into the sample, if it belongs there. If they are too many by that, others go.
    fn admit(&mut self, key: &PartitionKey) {
        if self.keys.contains_key(key) || !self.sample.holds(key) {
            return;
        }
        self.keys.insert(key.clone(), Key::default());
        while self.sample.is_exceeded(self.keys.len()) {
            self.sample.narrow();
            let sample = &self.sample;
            let dropped = self.keys.extract_if(|key, _| !sample.holds(key));
            let rows: Vec<_> = dropped.map(|(_, known)| known.rows).collect();
            for rows in rows {
                self.forget(rows);
            }
        }
    }

    fn leave_out(&mut self, keys: &BTreeSet<PartitionKey>, why: &LeftOut) {
        for key in keys {
            if let Some(known) = self.keys.get_mut(key) {
                known.left_out.get_or_insert_with(|| why.clone());
                let rows = mem::take(&mut known.rows);
                self.forget(rows);
            }
        }
    }

    /// Forgets rows. Other keys that had part in one are not complete without it.
    fn forget(&mut self, rows: HashSet<RowKey>) {
        for row in rows {
            if let Some(row) = self.rows.remove(&row) {
                self.leave_out(&row.keys, &LeftOut::Entangled(self.position));
            }
        }
    }

    fn has_any(&self, keys: &BTreeSet<PartitionKey>) -> bool {
        keys.iter().any(|key| self.keys.contains_key(key))
    }

    fn has_all(&self, keys: &BTreeSet<PartitionKey>) -> bool {
        keys.iter().all(|key| self.keys.contains_key(key))
    }
}

/// A row as an event leaves it.
struct Touched {
    values: Option<Vec<Value>>,
    is_written: bool,
}

impl Touched {
    fn read(values: Option<Vec<Value>>) -> Self {
        let is_written = false;
        Self { values, is_written }
    }

    fn written(values: Option<Vec<Value>>) -> Self {
        let is_written = true;
        Self { values, is_written }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadLetter(position) => {
                write!(f, "the event at position {position} is parked or skipped")
            }
            Self::Entangled(position) => {
                write!(f, "the event at position {position} has other keys as well")
            }
            Self::Failed(position, error) => {
                write!(f, "at position {position} it fails: {error}")
            }
            Self::TooMany => write!(f, "it has more than {MOST_ROWS} rows"),
        }
    }
}

impl fmt::Debug for Refold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refold")
            .field("fold", &self.fold)
            .field("position", &self.position)
            .field("keys", &self.keys.len())
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}
