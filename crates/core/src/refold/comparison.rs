//! Holding rows that were folded again against those that are stored.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::{LeftOut, Refold};
use crate::column::{ColumnValue, Value};
use crate::parking::PartitionKey;
use crate::position::Position;
use crate::table_projection::RowKey;

/// Most rows that are told as examples.
const MOST_TOLD: usize = 20;

/// Whether rows are what the events make of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsCheck {
    /// Which projection.
    pub projection: &'static str,
    /// At which position of the store.
    pub position: Position,
    /// How many keys were folded again and compared.
    pub keys: u64,
    /// How many rows that was, or places where there is to be none.
    pub rows: u64,
    /// How many of those are not as they should be.
    pub drifted: u64,
    /// Some of them.
    pub examples: Vec<RowDrift>,
    /// Keys that were left out because of dead letters.
    pub with_dead_letters: u64,
    /// Keys that were left out because their events belong to others as well.
    pub entangled: u64,
    /// Keys that were left out because an event of theirs cannot be applied.
    pub failed: u64,
    /// Keys that were left out because they have too many rows.
    pub too_large: u64,
}

/// A row that is not what the events make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDrift {
    /// Of which table.
    pub table: &'static str,
    /// The values of its key.
    pub key: Vec<Value>,
    /// What its events must stay in order with: by these it can be made anew.
    pub partitions: Vec<PartitionKey>,
    /// What the events make of it; `None`: it is not to be there.
    pub refolded: Option<Vec<Value>>,
    /// What is stored; `None`: it is missing.
    pub stored: Option<Vec<Value>>,
}

impl Refold {
    /// Compares rows with those that are stored, of the same position. Given are the keys that were
    /// asked for, and the rows that are there, table by table.
    pub fn compare(
        &mut self,
        asked: Vec<Vec<Vec<Value>>>,
        stored: &[Vec<Vec<Value>>],
    ) -> RowsCheck {
        let stored = self.by_key(stored);
        self.leave_out_what_others_write(&stored);
        let mut check = self.empty_check();
        let asked = asked.into_iter().enumerate();
        let asked = asked.flat_map(|(table, keys)| keys.into_iter().map(move |key| (table, key)));
        for key in asked {
            let Some(row) = self.folded.rows.get(&key).filter(|row| row.is_written) else {
                continue;
            };
            check.rows += 1;
            let stored = stored.get(&key).copied();
            if !is_same(row.values.as_ref(), stored) {
                let (table, key) = (self.fold.tables()[key.0].name, key.1);
                check.found(RowDrift {
                    table,
                    key,
                    partitions: row.keys.iter().cloned().collect(),
                    refolded: row.values.clone(),
                    stored: stored.cloned(),
                });
            }
        }
        check
    }

    fn by_key<'a>(&self, stored: &'a [Vec<Vec<Value>>]) -> HashMap<RowKey, &'a Vec<Value>> {
        let tables = self.fold.tables().iter().zip(stored).enumerate();
        let rows = tables.flat_map(|(table, (shape, rows))| {
            rows.iter()
                .map(move |row| ((table, shape.key_of(row)), row))
        });
        rows.collect()
    }

    /// A row that was asked for, that none of the sample's events has written, and that is there
    /// all the same, is written for another key: nobody knows what was read.
    fn leave_out_what_others_write(&mut self, stored: &HashMap<RowKey, &Vec<Value>>) {
        let rows = self.folded.rows.iter();
        let foreign = rows.filter(|(key, row)| !row.is_written && stored.contains_key(key));
        let keys: BTreeSet<_> = foreign.flat_map(|(_, row)| row.keys.clone()).collect();
        self.folded
            .leave_out(&keys, &LeftOut::Entangled(self.folded.position));
    }

    fn empty_check(&self) -> RowsCheck {
        let count = |is_it: fn(&LeftOut) -> bool| {
            let left_out = self.left_out();
            left_out.filter(|(_, why)| is_it(why)).count() as u64
        };
        let left_out = self.left_out().count();
        RowsCheck {
            projection: self.fold.name(),
            position: self.folded.position,
            keys: (self.folded.keys.len() - left_out) as u64,
            rows: 0,
            drifted: 0,
            examples: Vec::new(),
            with_dead_letters: count(|why| matches!(why, LeftOut::DeadLetter(_))),
            entangled: count(|why| matches!(why, LeftOut::Entangled(_))),
            failed: count(|why| matches!(why, LeftOut::Failed(..))),
            too_large: count(|why| matches!(why, LeftOut::TooMany)),
        }
    }
}

impl RowsCheck {
    /// True if each row that was compared is as it should be.
    pub fn is_right(&self) -> bool {
        self.drifted == 0
    }

    fn found(&mut self, drift: RowDrift) {
        self.drifted += 1;
        if self.examples.len() < MOST_TOLD {
            self.examples.push(drift);
        }
    }
}

fn is_same(refolded: Option<&Vec<Value>>, stored: Option<&Vec<Value>>) -> bool {
    match (refolded, stored) {
        (None, None) => true,
        (Some(refolded), Some(stored)) => {
            let values = refolded.iter().zip(stored);
            values
                .into_iter()
                .all(|(refolded, stored)| means_the_same(refolded, stored))
        }
        _ => false,
    }
}

/// Databases may write JSON in another way than it was given to them.
fn means_the_same(one: &Value, other: &Value) -> bool {
    let meaning = |value: &Value| serde_json::Value::from_value(value.clone());
    one == other
        || match (meaning(one), meaning(other)) {
            (Some(one), Some(other)) => one.to_value() == other.to_value(),
            _ => false,
        }
}

impl fmt::Display for RowsCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} rows of {} keys drifted, at position {}",
            self.drifted, self.rows, self.keys, self.position
        )?;
        let left_out = [
            (self.with_dead_letters, "with dead letters"),
            (self.entangled, "entangled with others"),
            (self.failed, "that cannot be folded"),
            (self.too_large, "with too many rows"),
        ];
        for (keys, why) in left_out.into_iter().filter(|(keys, _)| *keys > 0) {
            write!(f, "; {keys} {why} left out")?;
        }
        for drift in &self.examples {
            write!(f, "; {drift}")?;
        }
        Ok(())
    }
}

impl fmt::Display for RowDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key: Vec<String> = self.key.iter().map(Value::to_string).collect();
        let what = match (&self.refolded, &self.stored) {
            (Some(_), None) => "is missing",
            (None, Some(_)) => "should not be there",
            _ => "differs",
        };
        write!(f, "{} [{}] {what}", self.table, key.join(", "))
    }
}
