//! Values of the domain in columns of tables that are kept by hand.

use annals::sqlite::rusqlite::types::{Type, Value as Stored};
use annals::sqlite::rusqlite::{self, Row};
use annals::{ColumnValue, Value};

/// What a column holds for a value.
pub(super) fn write(value: &impl ColumnValue) -> Stored {
    match value.to_value() {
        Value::Integer(number) => Stored::Integer(number),
        Value::Text(text) => Stored::Text(text),
        _ => Stored::Null,
    }
}

/// The value that a column holds.
pub(super) fn read<T: ColumnValue>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let value = match row.get(column)? {
        Stored::Integer(number) => Value::Integer(number),
        Stored::Text(text) => Value::Text(text),
        _ => Value::Null,
    };
    T::from_value(value).ok_or_else(|| {
        let name = row
            .as_ref()
            .column_name(column)
            .unwrap_or_default()
            .to_owned();
        rusqlite::Error::InvalidColumnType(column, name, Type::Text)
    })
}
