//! Rows of a table, read and written many at once.

use std::collections::HashMap;

use annals_core::{Column, ColumnKind, Edition, RowWrite, TableShape, TableWrites, Value};
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres, Transaction};
use crate::tables::{comma_separated, in_read_schema, names, quoted, selected};
use crate::value::{SqlValue, array_type, read_row};

/// The statements for many rows of one table: each takes an array for each column.
#[derive(Debug)]
pub(crate) struct RowStatements {
    shape: TableShape,
    load: String,
    put: String,
    delete: String,
}

impl RowStatements {
    pub(crate) fn of(shape: &TableShape, edition: Edition, postgres: &Postgres) -> Self {
        let table = in_read_schema(shape.name, edition);
        Self {
            shape: *shape,
            load: postgres.sql(&load(&table, shape)),
            put: postgres.sql(&put(&table, shape)),
            delete: postgres.sql(&delete(&table, shape)),
        }
    }

    /// The rows of these keys, by their keys; those that are not there are left out.
    pub(crate) async fn load(
        &self,
        tx: &Transaction<'_>,
        keys: &[Vec<Value>],
    ) -> Result<HashMap<Vec<Value>, Vec<Value>>, PostgresError> {
        let mut rows = HashMap::with_capacity(keys.len());
        if keys.is_empty() {
            return Ok(rows);
        }
        let arrays = self.key_arrays(keys.iter().map(Vec::as_slice));
        for row in tx.rows(&self.load, &parameters(&arrays)).await? {
            let row = read_row(self.shape.columns, &row)?;
            rows.insert(self.shape.key_of(&row), row);
        }
        Ok(rows)
    }

    /// Deletes what is to be deleted, and where values must be unique also what is to be written:
    /// they may change places.
    pub(crate) async fn clear(
        &self,
        tx: &Transaction<'_>,
        writes: &TableWrites,
    ) -> Result<(), PostgresError> {
        let mut keys: Vec<Vec<Value>> = Vec::new();
        keys.extend(writes.delete.iter().map(|row| row.values.clone()));
        if self.shape.has_unique() {
            keys.extend(writes.put.iter().map(|row| self.shape.key_of(&row.values)));
        }
        if keys.is_empty() {
            return Ok(());
        }
        let arrays = self.key_arrays(keys.iter().map(Vec::as_slice));
        tx.execute(&self.delete, &parameters(&arrays)).await?;
        Ok(())
    }

    /// Writes rows, in place of those with their keys.
    pub(crate) async fn put(
        &self,
        tx: &Transaction<'_>,
        rows: &[RowWrite],
    ) -> Result<(), PostgresError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows: Vec<&[Value]> = rows.iter().map(|row| row.values.as_slice()).collect();
        let arrays = arrays(self.shape.columns, &rows);
        tx.execute(&self.put, &parameters(&arrays)).await?;
        Ok(())
    }

    fn key_arrays<'a>(&self, keys: impl Iterator<Item = &'a [Value]>) -> Vec<Array<'a>> {
        arrays(self.shape.key_columns(), &keys.collect::<Vec<_>>())
    }
}

/// The values of one column, of all rows.
type Array<'a> = (Vec<SqlValue<'a>>, Type);

/// The rows, turned into an array for each column.
fn arrays<'a>(
    columns: impl IntoIterator<Item = &'static Column>,
    rows: &[&'a [Value]],
) -> Vec<Array<'a>> {
    let columns = columns.into_iter().enumerate().map(|(place, column)| {
        let values = rows.iter().map(|row| SqlValue(&row[place])).collect();
        (values, array_type(column))
    });
    columns.collect()
}

fn parameters<'a>(arrays: &'a [Array<'_>]) -> Vec<Parameter<'a>> {
    let parameters = arrays
        .iter()
        .map(|(values, kind)| (values as _, kind.clone()));
    parameters.collect()
}

fn load(table: &str, shape: &TableShape) -> String {
    let (columns, rows) = (selected(shape.columns), these_rows(table, shape));
    format!("select {columns} from {rows}")
}

fn delete(table: &str, shape: &TableShape) -> String {
    format!("delete from {}", these_rows(table, shape))
}

/// The table, and those of its rows whose keys are given.
fn these_rows(table: &str, shape: &TableShape) -> String {
    let (names, keys) = (names(shape.key_columns()), unnest(shape.key_columns()));
    format!("{table} where ({names}) in (select * from {keys})")
}

fn put(table: &str, shape: &TableShape) -> String {
    let (keys, names) = (names(shape.key_columns()), names(shape.columns));
    let values = comma_separated(shape.columns.iter().map(from_text));
    let (given, update) = (unnest(shape.columns.iter()), update(shape));
    format!(
        "insert into {table} ({names}) select {values} from {given} as given ({names})
         on conflict ({keys}) do {update}"
    )
}

/// What is done to a row that is already there.
fn update(shape: &TableShape) -> String {
    let others = shape.columns.iter().filter(|column| !column.key);
    let others: Vec<String> = others
        .map(|column| quoted(column.name))
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    if others.is_empty() {
        return "nothing".to_owned();
    }
    format!("update set {}", others.join(", "))
}

/// The parameters, an array for each column, as rows.
fn unnest(columns: impl Iterator<Item = &'static Column>) -> String {
    let arrays = columns.zip(1..).map(|(column, place)| match column.kind {
        ColumnKind::Integer => format!("${place}::bigint[]"),
        _ => format!("${place}::text[]"),
    });
    format!("unnest({})", comma_separated(arrays))
}

/// A column as it was given.
fn from_text(column: &Column) -> String {
    let name = quoted(column.name);
    match column.kind {
        ColumnKind::Json => format!("{name}::jsonb"),
        _ => name,
    }
}
