//! Single rows of a table, read and written.

use annals_core::{Column, Edition, ProjectionError, RowWrite, TableShape, TableWrites, Value};
use rusqlite::{CachedStatement, Params, Transaction, params_from_iter};

use crate::error::SqliteError;
use crate::tables::{names, quoted};
use crate::value::{parameters, read_row};

mod beside_indexes;

use beside_indexes::BesideIndexes;

/// The statements for single rows of one table.
#[derive(Debug)]
pub(crate) struct RowStatements {
    shape: TableShape,
    get: String,
    put: String,
    /// Writes a row without a look at the indexes.
    beside_indexes: Option<BesideIndexes>,
    delete: String,
}

/// Reads single rows of one table.
pub(crate) struct RowReader<'a> {
    columns: &'static [Column],
    get: CachedStatement<'a>,
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
            beside_indexes: BesideIndexes::of(&table, shape),
            delete: format!("delete from {table} where {is_key}"),
        }
    }

    /// Prepared once for the many rows of a batch.
    pub(crate) fn reader<'a>(&self, tx: &'a Transaction<'_>) -> Result<RowReader<'a>, SqliteError> {
        Ok(RowReader {
            columns: self.shape.columns,
            get: tx.prepare_cached(&self.get)?,
        })
    }

    /// Deletes rows, then writes others in place of those with their keys.
    pub(crate) fn write(
        &self,
        tx: &Transaction<'_>,
        writes: &TableWrites,
    ) -> Result<(), ProjectionError> {
        let mut delete = prepare(tx, &self.delete)?;
        for row in &writes.delete {
            execute(&mut delete, all(&row.values), row)?;
        }
        if self.shape.has_unique() {
            // Rows may exchange such a value, so none is left of how they were before.
            for row in &writes.put {
                let key = self.shape.key_of(&row.values);
                execute(&mut delete, all(&key), row)?;
            }
        }
        self.put(tx, &writes.put)
    }

    fn put(&self, tx: &Transaction<'_>, rows: &[RowWrite]) -> Result<(), ProjectionError> {
        let mut put = prepare(tx, &self.put)?;
        let Some(beside_indexes) = &self.beside_indexes else {
            for row in rows {
                execute(&mut put, all(&row.values), row)?;
            }
            return Ok(());
        };
        let mut update = prepare(tx, &beside_indexes.update)?;
        for row in rows {
            match beside_indexes.will_do(row) {
                true => update_one(&mut update, beside_indexes.parameters(row), row)?,
                false => {
                    execute(&mut put, all(&row.values), row)?;
                }
            }
        }
        Ok(())
    }
}

impl RowReader<'_> {
    /// The row of a key.
    pub(crate) fn load(&mut self, key: &[Value]) -> Result<Option<Vec<Value>>, SqliteError> {
        let mut rows = self.get.query(all(key))?;
        let row = rows.next()?.map(|row| read_row(self.columns, row));
        row.transpose()
    }
}

fn all(values: &[Value]) -> impl Params {
    params_from_iter(parameters(values))
}

fn prepare<'a>(tx: &'a Transaction<'_>, sql: &str) -> Result<CachedStatement<'a>, SqliteError> {
    Ok(tx.prepare_cached(sql)?)
}

fn execute(
    statement: &mut CachedStatement<'_>,
    parameters: impl Params,
    row: &RowWrite,
) -> Result<usize, ProjectionError> {
    let changed = statement.execute(parameters);
    changed.map_err(|error| SqliteError::from(error).at(row.by))
}

/// Updates a row that was there when it was read, in this transaction.
fn update_one(
    update: &mut CachedStatement<'_>,
    parameters: impl Params,
    row: &RowWrite,
) -> Result<(), ProjectionError> {
    match execute(update, parameters, row)? {
        1 => Ok(()),
        changed => {
            let damaged = rusqlite::Error::StatementChangedRows(changed);
            Err(SqliteError::Damaged(damaged).into())
        }
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

#[cfg(test)]
mod tests {
    use annals_core::{ColumnKind, Position};
    use rusqlite::Connection;

    use super::*;

    const COLUMNS: &[Column] = &[
        Column {
            name: "id",
            kind: ColumnKind::Integer,
            nullable: false,
            key: true,
        },
        Column {
            name: "cents",
            kind: ColumnKind::Integer,
            nullable: false,
            key: false,
        },
    ];

    #[test]
    fn a_row_that_is_gone_though_it_was_read_is_damage() {
        let mut connection = Connection::open_in_memory().unwrap();
        let tx = connection.transaction().unwrap();
        let shape = TableShape {
            name: "balances",
            columns: COLUMNS,
            indexes: &[],
        };
        let table = "create table balances (id integer primary key, cents integer not null)";
        tx.execute_batch(table).unwrap();
        let row = |cents| vec![Value::Integer(7), Value::Integer(cents)];
        let writes = TableWrites {
            put: vec![RowWrite {
                values: row(2),
                before: Some(row(1)),
                by: Position(1),
            }],
            ..TableWrites::default()
        };
        let statements = RowStatements::of(&shape, Edition::Current);
        let written = statements.write(&tx, &writes);
        let is_damage = matches!(written, Err(ProjectionError::Damaged { .. }));
        assert!(is_damage, "{written:?}");
    }
}
