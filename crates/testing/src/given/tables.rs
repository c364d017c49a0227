//! The tables of a projection, in memory: what stands in for a database.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use annals_core::{
    Index, IndexOn, Position, Progress, ProjectionBatch, ProjectionError, ReadModel, RowWrite,
    TableFold, TableShape, TableWrites, Value,
};

/// The rows of a projection's tables, and its checkpoint. A batch changes both or neither.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    checkpoint: Position,
    /// Each under its table and key, as they are shown.
    rows: BTreeMap<String, Row>,
}

/// A row of a table, as a database holds it. It is shown as `balances ["a"] cents 5, changes 2`.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    table: TableShape,
    values: Vec<Value>,
}

/// A row with a value that another one has and no two may have.
#[derive(Debug, thiserror::Error)]
#[error("{written:?} takes what is unique in {index}; it is taken by {by:?}")]
struct Taken {
    index: String,
    written: Row,
    by: Row,
}

impl Tables {
    /// The tables after a batch, which must begin at the checkpoint.
    pub(super) fn after(
        &self,
        fold: &TableFold,
        batch: &ProjectionBatch,
    ) -> Result<Self, ProjectionError> {
        if batch.after != self.checkpoint {
            return Err(ProjectionError::Moved {
                expected: batch.after,
                actual: self.checkpoint,
            });
        }
        let mut after = Self {
            checkpoint: batch.up_to,
            rows: self.rows.clone(),
        };
        for (shape, writes) in fold.tables().iter().zip(self.fold(fold, batch)?) {
            after.write(shape, writes)?;
        }
        Ok(after)
    }

    fn fold(
        &self,
        fold: &TableFold,
        batch: &ProjectionBatch,
    ) -> Result<Vec<TableWrites>, ProjectionError> {
        let mut folding = fold.begin();
        while let Progress::Missing(missing) = folding.advance(&batch.events)? {
            for (table, key) in missing {
                let row = self.rows.get(&name(&fold.tables()[table], &key));
                folding.loaded(table, key, row.map(|row| row.values.clone()));
            }
        }
        let (writes, _parked) = folding.finish();
        Ok(writes)
    }

    fn write(&mut self, shape: &TableShape, writes: TableWrites) -> Result<(), ProjectionError> {
        for RowWrite { values: key, .. } in writes.delete {
            self.rows.remove(&name(shape, &key));
        }
        // Rows may exchange a unique value, so none is left of how they were before.
        for RowWrite { values, .. } in &writes.put {
            self.rows.remove(&name(shape, &shape.key_of(values)));
        }
        for RowWrite { values, by, .. } in writes.put {
            let row = Row::new(*shape, values);
            if let Some(taken) = self.taken(&row) {
                return Err(ProjectionError::at(by, taken));
            }
            self.put(row);
        }
        Ok(())
    }

    fn put(&mut self, row: Row) {
        self.rows.insert(row.name(), row);
    }

    /// What a new row would have in common with another one that no two may have.
    fn taken(&self, new: &Row) -> Option<Taken> {
        let indexes = new.table.indexes.iter().filter(|index| index.unique);
        indexes.into_iter().find_map(|index| {
            let entry = new.entry_in(index)?;
            let of_table = self.rows.values().filter(|row| row.table == new.table);
            let mut others = of_table.filter(|row| row.entry_in(index).as_ref() == Some(&entry));
            Some(Taken {
                index: index.name_in(new.table.name),
                written: new.clone(),
                by: others.next()?.clone(),
            })
        })
    }

    /// These rows, as if they were all there is.
    pub(super) fn of(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut tables = Self::default();
        rows.into_iter().for_each(|row| tables.put(row));
        tables
    }

    /// The rows of one table.
    pub(super) fn of_table(&self, table: &str) -> Self {
        let rows = self.rows.values().filter(|row| row.table.name == table);
        Self::of(rows.cloned())
    }

    /// The row of a key.
    pub(super) fn row<R: ReadModel>(&self, key: &R::Key) -> Option<&Row> {
        let name = name(&TableShape::of::<R>(), &R::key_values(key));
        self.rows.get(&name)
    }

    /// All rows, here and there, by table and key.
    pub(super) fn beside<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (Option<&'a Row>, Option<&'a Row>)> {
        let names: BTreeSet<&String> = self.rows.keys().chain(other.rows.keys()).collect();
        let rows = |name| (self.rows.get(name), other.rows.get(name));
        names.into_iter().map(rows)
    }

    /// True if the rows are the same, however far the checkpoints are.
    pub(super) fn has_rows_of(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl Row {
    /// What a database holds of a row of a read model.
    pub fn of<R: ReadModel>(row: &R) -> Self {
        Self::new(TableShape::of::<R>(), row.to_values())
    }

    fn new(table: TableShape, values: Vec<Value>) -> Self {
        Self { table, values }
    }

    /// Its table and its key.
    pub(super) fn name(&self) -> String {
        name(&self.table, &self.table.key_of(&self.values))
    }

    /// The columns that are not in the key, with their values.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let columns = self.table.columns.iter().zip(&self.values);
        let cells = columns.filter(|(column, _)| !column.key);
        cells.map(|(column, value)| (column.name, value))
    }

    /// What an index on columns holds of it. `None`: nothing, or nothing that is compared here, where no
    /// SQL is understood.
    fn entry_in(&self, index: &Index) -> Option<Vec<&Value>> {
        let (IndexOn::Columns(names), None) = (index.on, index.only) else {
            return None;
        };
        let columns = self.table.columns.iter().zip(&self.values);
        let indexed = columns.filter(|(column, _)| names.contains(&column.name));
        let entry: Vec<_> = indexed.map(|(_, value)| value).collect();
        // To databases nothing is no value, and any number of rows may have none.
        (!entry.contains(&&Value::Null)).then_some(entry)
    }
}

/// How a row is called: by its table and its key.
fn name(table: &TableShape, key: &[Value]) -> String {
    let key: Vec<String> = key.iter().map(Value::to_string).collect();
    format!("{} [{}]", table.name, key.join(", "))
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())?;
        for (place, (column, value)) in self.cells().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma} {column} {value}")?;
        }
        Ok(())
    }
}

/// As it is shown, so that a failing test is read easily.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
