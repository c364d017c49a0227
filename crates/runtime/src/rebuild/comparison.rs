//! Holding a rebuilt read model against the one that is read.

use std::collections::HashMap;
use std::fmt;

use annals_core::{EditionRows, Position, RowsCheck, TableFold, TableRows, TableShape, Value};

/// Most differences that are told of each table.
const MOST_TOLD: usize = 20;

/// What two editions hold, at the same position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// At which position.
    pub position: Position,
    /// Table by table.
    pub tables: Vec<TableComparison>,
    /// Whether rows of the candidate are what the events make of them, one key at a time: a mistake
    /// that both editions have in common shows only there.
    pub refolded: RowsCheck,
}

/// What two editions of one table hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableComparison {
    /// Which table.
    pub table: &'static str,
    /// How many rows the current edition has.
    pub current_rows: u64,
    /// How many the candidate has.
    pub candidate_rows: u64,
    /// How many rows were compared.
    pub compared: u64,
    /// How many of those differ.
    pub differing: u64,
    /// Some of them.
    pub differences: Vec<Difference>,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The values of its key.
    pub key: Vec<Value>,
    /// Its values in the current edition.
    pub current: Vec<Value>,
    /// Its values in the candidate, if it is there.
    pub candidate: Option<Vec<Value>>,
}

impl Comparison {
    pub(super) fn of(
        fold: &TableFold,
        (current, candidate): (&EditionRows, &EditionRows),
        refolded: RowsCheck,
    ) -> Self {
        let tables = fold
            .tables()
            .iter()
            .zip(current.tables.iter().zip(&candidate.tables));
        Self {
            position: current.position,
            tables: tables
                .map(|(shape, (current, candidate))| compare(shape, current, candidate))
                .collect(),
            refolded,
        }
    }

    /// What may be kept of it when somebody was forgotten: how much differs, and no row.
    pub(super) fn let_go_of_values(&mut self) {
        self.refolded.examples.clear();
        for table in &mut self.tables {
            table.differences.clear();
        }
    }

    /// True if nothing differs, neither from each other nor from what the events say.
    pub fn is_same(&self) -> bool {
        self.tables.iter().all(TableComparison::is_same) && self.refolded.is_right()
    }
}

impl TableComparison {
    /// True if nothing differs.
    pub fn is_same(&self) -> bool {
        self.differing == 0 && self.current_rows == self.candidate_rows
    }
}

fn compare(shape: &TableShape, current: &TableRows, candidate: &TableRows) -> TableComparison {
    let candidates: HashMap<Vec<Value>, &Vec<Value>> = candidate
        .rows
        .iter()
        .map(|row| (shape.key_of(row), row))
        .collect();
    let mut compared = TableComparison {
        table: shape.name,
        current_rows: current.count,
        candidate_rows: candidate.count,
        compared: current.rows.len() as u64,
        differing: 0,
        differences: Vec::new(),
    };
    for row in &current.rows {
        let key = shape.key_of(row);
        let other = candidates.get(&key).copied();
        if other == Some(row) {
            continue;
        }
        compared.differing += 1;
        if compared.differences.len() < MOST_TOLD {
            compared.differences.push(Difference {
                key,
                current: row.clone(),
                candidate: other.cloned(),
            });
        }
    }
    compared
}

/// The keys of the rows of each table.
pub(super) fn keys_of(fold: &TableFold, rows: &EditionRows) -> Vec<Vec<Vec<Value>>> {
    let tables = fold.tables().iter().zip(&rows.tables);
    let keys =
        tables.map(|(shape, table)| table.rows.iter().map(|row| shape.key_of(row)).collect());
    keys.collect()
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at position {}", self.position)?;
        for table in &self.tables {
            write!(
                f,
                "; {}: {} and {} rows, {} of {} compared differ",
                table.table,
                table.current_rows,
                table.candidate_rows,
                table.differing,
                table.compared
            )?;
        }
        write!(f, "; folded again: {}", self.refolded)
    }
}
