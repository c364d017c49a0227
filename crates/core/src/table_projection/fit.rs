//! Whether a row fits into its table, in every database.

use super::TableShape;
use crate::column::{Column, ColumnError, Value};
use crate::limits::{INDEXED_BYTES, SEARCHED_BYTES};
use crate::read_model::IndexOn;

/// What a column takes in an index beside its text.
const COLUMN_BYTES: usize = 8;

/// Why a row does not fit into its table.
///
/// **Do:** shorten what the projection keeps, or take it out of the index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// A value has no place in its column.
    #[error(transparent)]
    Column(#[from] ColumnError),

    /// The texts of a key, of an index entry or of what is searched for words are too long.
    #[error("{what} of a row of {table} takes {bytes} bytes, and {most} fit")]
    TooLong {
        /// What is too long.
        what: String,
        /// Of which table.
        table: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
}

impl TableShape {
    /// Whether a row can have this key.
    pub(super) fn check_key(&self, key: &[Value]) -> Result<(), RowError> {
        check_values(self.key_columns(), key)?;
        let bytes = key.iter().map(indexed_bytes).sum();
        self.check_length(bytes, INDEXED_BYTES, || "the key".to_owned())
    }

    /// Whether the table can have this row; its key is checked already.
    pub(super) fn check_row(&self, row: &[Value]) -> Result<(), RowError> {
        check_values(self.columns.iter(), row)?;
        for index in self.indexes {
            let what = || index.name_in(self.name);
            match index.on {
                IndexOn::Columns(names) => {
                    let in_it = |column: &Column| column.key || names.contains(&column.name);
                    let bytes = self.values(row, in_it).map(indexed_bytes).sum();
                    self.check_length(bytes, INDEXED_BYTES, what)?;
                }
                IndexOn::FullText(names) => {
                    let is_searched = |column: &Column| names.contains(&column.name);
                    let longest = self.values(row, is_searched).map(text_bytes).max();
                    self.check_length(longest.unwrap_or_default(), SEARCHED_BYTES, what)?;
                }
                IndexOn::Expression(_) | IndexOn::Json(_) => {}
            }
        }
        Ok(())
    }

    /// The values of some columns.
    fn values<'a>(
        &self,
        row: &'a [Value],
        is_meant: impl Fn(&Column) -> bool,
    ) -> impl Iterator<Item = &'a Value> {
        let values = self.columns.iter().zip(row);
        values.filter_map(move |(column, value)| is_meant(column).then_some(value))
    }

    fn check_length(
        &self,
        bytes: usize,
        most: usize,
        what: impl FnOnce() -> String,
    ) -> Result<(), RowError> {
        if bytes <= most {
            return Ok(());
        }
        Err(RowError::TooLong {
            what: what(),
            table: self.name,
            bytes,
            most,
        })
    }
}

/// Checks that each value has a place in its column.
fn check_values(
    columns: impl Iterator<Item = &'static Column>,
    values: &[Value],
) -> Result<(), ColumnError> {
    for (column, value) in columns.zip(values) {
        if matches!(value, Value::TooLarge(_)) || value.holds_nul() {
            return Err(ColumnError {
                column: column.name,
                value: value.clone(),
            });
        }
    }
    Ok(())
}

fn indexed_bytes(value: &Value) -> usize {
    COLUMN_BYTES + text_bytes(value)
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        Value::Null | Value::Integer(_) | Value::TooLarge(_) => 0,
    }
}
