//! Rows made again in memory, of a few keys: what a read model must hold, told by the events alone.
//!
//! In reading order: `sample` says which keys; here events are folded, into the rows that `folded` keeps;
//! `comparison` holds them against those that are stored.

use std::collections::{BTreeSet, HashMap};
use std::{fmt, slice};

use crate::column::Value;
use crate::dead_letter::DeadLetter;
use crate::edition::Replacement;
use crate::event::RecordedEvent;
use crate::ids::EditionId;
use crate::parking::PartitionKey;
use crate::position::Position;
use crate::projection::ProjectionError;
use crate::table_fold::{Progress, RowWrite, TableFold, TableWrites};
use crate::table_projection::RowKey;

pub use comparison::{RowDrift, RowsCheck};
pub use folded::LeftOut;
use folded::{FoldedRows, Touched};
pub use sample::KeySample;

mod comparison;
mod folded;
mod sample;
#[cfg(test)]
mod tests;

/// The rows of a few keys, folded again from the first event on.
///
/// It is given all events of the fold in their order, and takes in those that belong to a key of its
/// sample. A key is what events must stay in order with: a row where each is folded by itself, else
/// what [`TableProjection::partitions`](crate::TableProjection::partitions) says. What cannot be told
/// by the events of its keys alone is left out, and counted: see [`LeftOut`].
pub struct Refold {
    fold: TableFold,
    purpose: RefoldPurpose,
    letters: HashMap<Position, DeadLetter>,
    folded: FoldedRows,
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

impl Refold {
    /// Begins before the first event.
    pub fn new(fold: &TableFold, sample: KeySample, purpose: RefoldPurpose) -> Self {
        let given = sample.given().clone();
        let mut refold = Self {
            fold: fold.clone(),
            purpose,
            letters: HashMap::new(),
            folded: FoldedRows::of(sample),
            unparked: BTreeSet::new(),
        };
        for key in given {
            refold.begin_with(key);
        }
        refold
    }

    /// Up to where events were taken in.
    pub fn position(&self) -> Position {
        self.folded.position
    }

    /// Says which dead letters there are, skipped ones as well: before the events that are behind the
    /// last ones taken in. False if there is one among those that were taken in without it: then the
    /// rows are not to be used.
    pub fn knows(&mut self, letters: Vec<DeadLetter>) -> bool {
        let is_skipped = |letter: &DeadLetter| letter.skipped.is_some();
        let is_as_before = |letter: &DeadLetter| {
            let before = self.letters.get(&letter.position);
            letter.position > self.folded.position
                || before.map(is_skipped) == Some(is_skipped(letter))
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
        self.folded.position = event.position;
        let keys = self.fold.partitions_of(event);
        match self.letters.get(&event.position).cloned() {
            None => self.apply(event, &keys?),
            Some(letter) => self.take_in_parked(event, &letter, keys),
        }
        Ok(())
    }

    /// All events up to a position were taken in.
    pub fn reached(&mut self, position: Position) {
        self.folded.position = position;
    }

    /// The keys of the rows that are known by now, table by table.
    pub fn row_keys(&self) -> Vec<Vec<Vec<Value>>> {
        let mut tables = vec![Vec::new(); self.fold.tables().len()];
        for (table, key) in self.folded.rows.keys() {
            tables[*table].push(key.clone());
        }
        tables
    }

    /// The keys that are left out, and why.
    pub fn left_out(&self) -> impl Iterator<Item = (&PartitionKey, &LeftOut)> {
        let keys = self.folded.keys.iter();
        keys.filter_map(|(key, known)| Some((key, known.left_out.as_ref()?)))
    }

    /// Positions of parked events that are applied to the rows.
    pub fn unparked(&self) -> &BTreeSet<Position> {
        &self.unparked
    }

    /// What puts the rows in place, in an edition.
    pub fn replacement(&self, edition: EditionId) -> Replacement {
        let mut tables = vec![TableWrites::default(); self.fold.tables().len()];
        let by = self.folded.position;
        for ((table, key), row) in self.folded.rows.iter().filter(|(_, row)| row.is_written) {
            let writes = &mut tables[*table];
            let (values, rows) = match row.values.clone() {
                Some(values) => (values, &mut writes.put),
                None => (key.clone(), &mut writes.delete),
            };
            rows.push(RowWrite {
                values,
                before: None,
                by,
            });
        }
        Replacement {
            edition,
            at: self.folded.position,
            tables,
            unparked: self.unparked.iter().copied().collect(),
        }
    }

    /// A key that is given. Its row is known to be none before the first event.
    fn begin_with(&mut self, key: PartitionKey) {
        let of_row = key.row_values().filter(|_| self.fold.is_by_row());
        let row = of_row.filter(|values| self.fold.tables()[0].has_key_like(values));
        self.folded.admit(&key);
        if let Some(values) = row {
            let none = Touched::written(None);
            self.folded.keep((0, values), none, &BTreeSet::from([key]));
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
            self.folded.admit(key);
        }
        if !self.folded.has_any(keys) {
            return;
        }
        if !self.folded.are_sound(keys) {
            return self
                .folded
                .leave_out(keys, &LeftOut::Entangled(event.position));
        }
        match self.fold_again(event, keys) {
            Ok(rows) => self.folded.keep_all(rows, keys),
            Err(error) => {
                self.folded
                    .leave_out(keys, &LeftOut::Failed(event.position, error.to_string()));
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
                    self.folded.admit(key);
                }
                self.folded.leave_out(&all, &LeftOut::DeadLetter(position));
            }
            (RefoldPurpose::Replacement, _) if letter.skipped.is_some() => {}
            (RefoldPurpose::Replacement, Err(error)) => {
                self.folded
                    .leave_out(&had_keys, &LeftOut::Failed(position, error.to_string()));
            }
            (RefoldPurpose::Replacement, Ok(keys)) if !self.folded.has_any(&keys) => {}
            // What it does to other rows would be lost with its letter.
            (RefoldPurpose::Replacement, Ok(keys)) if !self.folded.has_all(&keys) => {
                self.folded.leave_out(&keys, &LeftOut::Entangled(position));
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
                let row = self.folded.rows.get(&(table, key.clone()));
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
}

impl fmt::Debug for Refold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refold")
            .field("fold", &self.fold)
            .field("position", &self.folded.position)
            .field("keys", &self.folded.keys.len())
            .field("rows", &self.folded.rows.len())
            .finish_non_exhaustive()
    }
}
