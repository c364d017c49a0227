//! Single rows of a table, read and written.

use annals_core::{Edition, ProjectionError, RowWrite, TableShape, TableWrites, Value};
use rusqlite::{Transaction, params_from_iter};

use crate::error::SqliteError;
use crate::tables::{names, quoted};
use crate::value::{parameters, read_row};

/// The statements for single rows of one table.
#[derive(Debug)]
pub(crate) struct RowStatements {
    shape: TableShape,
    get: String,
    put: String,
    delete: String,
}

impl RowStatements {
    pub(crate) fn of(shape: &TableShape, edition: Edition) -> Self {
        let table = quoted(&edition.named(shape.name));
        let names = names(shape.columns);
        let keys = shape.key_columns();
        let is_key: Vec<String> = keys
            .map(|key| format!("{} = ?", quoted(key.name)))
            .collect();
        let is_key = is_key.join(" and ");
        Self {
            shape: *shape,
            get: format!("select {names} from {table} where {is_key}"),
            put: put(&table, shape),
            delete: format!("delete from {table} where {is_key}"),
        }
    }

    /// The row of a key.
    pub(crate) fn load(
        &self,
        tx: &Transaction<'_>,
        key: &[Value],
    ) -> Result<Option<Vec<Value>>, SqliteError> {
        let mut statement = tx.prepare_cached(&self.get)?;
        let mut rows = statement.query(params_from_iter(parameters(key)))?;
        let row = rows.next()?.map(|row| read_row(self.shape.columns, row));
        row.transpose()
    }

    /// Deletes rows, then writes others in place of those with their keys.
    pub(crate) fn write(
        &self,
        tx: &Transaction<'_>,
        writes: &TableWrites,
    ) -> Result<(), ProjectionError> {
        for row in &writes.delete {
            execute(tx, &self.delete, &row.values, row)?;
        }
        if self.shape.has_unique() {
            // Rows may exchange such a value, so none is left of how they were before.
            for row in &writes.put {
                execute(tx, &self.delete, &self.shape.key_of(&row.values), row)?;
            }
        }
        for row in &writes.put {
            execute(tx, &self.put, &row.values, row)?;
        }
        Ok(())
    }
}

fn execute(
    tx: &Transaction<'_>,
    statement: &str,
    values: &[Value],
    row: &RowWrite,
) -> Result<(), ProjectionError> {
    let done = tx
        .prepare_cached(statement)
        .and_then(|mut statement| statement.execute(params_from_iter(parameters(values))));
    match done {
        Ok(_) => Ok(()),
        Err(error) => Err(SqliteError::from(error).at(row.by)),
    }
}

/// Only the row of its key gives way: one that holds a value that must be unique does not.
fn put(table: &str, shape: &TableShape) -> String {
    let columns = names(shape.columns);
    let places = vec!["?"; shape.columns.len()].join(", ");
    let keys = names(shape.key_columns());
    let others = shape.columns.iter().filter(|column| !column.key);
    let others: Vec<String> = others
        .map(|column| quoted(column.name))
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let update = match &others[..] {
        [] => "nothing".to_owned(),
        others => format!("update set {}", others.join(", ")),
    };
    format!("insert into {table} ({columns}) values ({places}) on conflict ({keys}) do {update}")
}
