//! The rows that were folded by now, with the keys that they belong to.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::{fmt, mem};

use super::KeySample;
use crate::column::Value;
use crate::parking::PartitionKey;
use crate::position::Position;
use crate::table_projection::RowKey;

/// Most rows of one key that are folded again.
const MOST_ROWS: usize = 10_000;

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

/// The rows of the keys of a sample.
pub(super) struct FoldedRows {
    sample: KeySample,
    /// Up to where events were taken in.
    pub(super) position: Position,
    pub(super) keys: HashMap<PartitionKey, Key>,
    /// Rows of keys that are not left out.
    pub(super) rows: HashMap<RowKey, Refolded>,
}

/// What is known of a key of the sample.
#[derive(Default)]
pub(super) struct Key {
    pub(super) left_out: Option<LeftOut>,
    rows: HashSet<RowKey>,
}

/// A row, folded again.
#[derive(Default)]
pub(super) struct Refolded {
    /// None: there is no such row.
    pub(super) values: Option<Vec<Value>>,
    /// False if events have only asked for it.
    pub(super) is_written: bool,
    /// The keys whose events have touched it.
    pub(super) keys: BTreeSet<PartitionKey>,
}

/// A row as an event leaves it.
pub(super) struct Touched {
    pub(super) values: Option<Vec<Value>>,
    pub(super) is_written: bool,
}

impl Touched {
    pub(super) fn read(values: Option<Vec<Value>>) -> Self {
        let is_written = false;
        Self { values, is_written }
    }

    pub(super) fn written(values: Option<Vec<Value>>) -> Self {
        let is_written = true;
        Self { values, is_written }
    }
}

impl FoldedRows {
    pub(super) fn of(sample: KeySample) -> Self {
        Self {
            sample,
            position: Position::START,
            keys: HashMap::new(),
            rows: HashMap::new(),
        }
    }

    /// Takes in the rows that an event of these keys has touched.
    pub(super) fn keep_all(
        &mut self,
        rows: HashMap<RowKey, Touched>,
        keys: &BTreeSet<PartitionKey>,
    ) {
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

    /// Takes in a row of these keys.
    pub(super) fn keep(
        &mut self,
        row_key: RowKey,
        touched: Touched,
        keys: &BTreeSet<PartitionKey>,
    ) {
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
    pub(super) fn admit(&mut self, key: &PartitionKey) {
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

    /// Leaves those out that are in the sample.
    pub(super) fn leave_out(&mut self, keys: &BTreeSet<PartitionKey>, why: &LeftOut) {
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

    /// True if one is in the sample.
    pub(super) fn has_any(&self, keys: &BTreeSet<PartitionKey>) -> bool {
        keys.iter().any(|key| self.keys.contains_key(key))
    }

    /// True if all are in the sample.
    pub(super) fn has_all(&self, keys: &BTreeSet<PartitionKey>) -> bool {
        keys.iter().all(|key| self.keys.contains_key(key))
    }

    /// True if all of them are folded again.
    pub(super) fn are_sound(&self, keys: &BTreeSet<PartitionKey>) -> bool {
        let is_sound = |key| self.keys.get(key).is_some_and(|it| it.left_out.is_none());
        keys.iter().all(is_sound)
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
