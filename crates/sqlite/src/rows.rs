//! The rows a batch touches: each read once, folded in memory, written once.

use std::collections::HashMap;

use annals_core::{Position, Projection, ProjectionError, ReadModel, Recorded, Value};
use rusqlite::{Transaction, params_from_iter};

use crate::error::SqliteError;
use crate::event_failure::{failed_at, refused_at};
use crate::schema::{columns, key_columns, quoted, quoted_list};
use crate::value::{parameters, read_row};

/// The statements for single rows of a read model.
#[derive(Debug)]
pub(crate) struct RowStatements {
    pub(crate) get: String,
    put: String,
    delete: String,
}

/// The rows that a batch has touched so far.
pub(crate) struct Rows<'a, P: ReadModel> {
    tx: &'a Transaction<'a>,
    statements: &'a RowStatements,
    touched: HashMap<P::Key, Touched<P>>,
}

struct Touched<P> {
    row: Option<P>,
    /// The last event that did.
    by: Position,
}

/// A fold that broke its contract.
#[derive(Debug, thiserror::Error)]
#[error("fold returned a row with another key: {0:?}")]
struct OtherKey(Vec<Value>);

impl RowStatements {
    pub(crate) fn of<R: ReadModel>() -> Self {
        let (table, names) = (quoted(R::TABLE), quoted_list(&columns::<R>()));
        let places = vec!["?"; R::COLUMNS.len()].join(", ");
        let keys: Vec<String> = key_columns::<R>()
            .iter()
            .map(|key| format!("{} = ?", quoted(key)))
            .collect();
        let keys = keys.join(" and ");
        Self {
            get: format!("select {names} from {table} where {keys}"),
            put: format!("insert or replace into {table} ({names}) values ({places})"),
            delete: format!("delete from {table} where {keys}"),
        }
    }
}

impl<'a, P: Projection> Rows<'a, P> {
    pub(crate) fn new(tx: &'a Transaction<'a>, statements: &'a RowStatements) -> Self {
        let touched = HashMap::new();
        Self {
            tx,
            statements,
            touched,
        }
    }

    /// Folds one event into every row it belongs to.
    pub(crate) fn fold(&mut self, event: &Recorded<P::Event>) -> Result<(), ProjectionError> {
        let by = event.record.position;
        for key in P::keys(event) {
            let before = match self.touched.remove(&key) {
                Some(touched) => touched.row,
                None => self.load(&key).map_err(|error| refused_at(by, error))?,
            };
            let row = P::fold(before, &key, event);
            if let Some(row) = row.as_ref().filter(|row| row.key() != key) {
                return Err(failed_at(by, OtherKey(P::key_values(&row.key()))));
            }
            self.touched.insert(key, Touched { row, by });
        }
        Ok(())
    }

    /// Writes all rows as they are now.
    pub(crate) fn write(self) -> Result<(), ProjectionError> {
        for (key, Touched { row, by }) in self.touched {
            let (statement, values) = match row {
                Some(row) => (&self.statements.put, row.to_values()),
                None => (&self.statements.delete, P::key_values(&key)),
            };
            execute(self.tx, statement, values).map_err(|error| refused_at(by, error))?;
        }
        Ok(())
    }

    fn load(&self, key: &P::Key) -> Result<Option<P>, SqliteError> {
        let mut statement = self.tx.prepare_cached(&self.statements.get)?;
        let mut rows = statement.query(params_from_iter(parameters(P::key_values(key))))?;
        rows.next()?.map(read_row).transpose()
    }
}

fn execute(tx: &Transaction<'_>, statement: &str, values: Vec<Value>) -> Result<(), SqliteError> {
    let mut statement = tx.prepare_cached(statement)?;
    statement.execute(params_from_iter(parameters(values)))?;
    Ok(())
}
