//! Values of rows as SQLite takes and returns them.

use annals_core::{Column, ColumnKind, Value};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::error::SqliteError;

/// A value on its way to SQLite.
pub(crate) struct Parameter<'a>(pub(crate) &'a Value);

/// A value as SQLite holds it.
struct Held(Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) | Value::Json(text) => ValueRef::Text(text.as_bytes()),
            other => {
                let message = format!("no place in SQLite for {other:?}");
                return Err(rusqlite::Error::ToSqlConversionFailure(message.into()));
            }
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}

impl FromSql for Held {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Null => Ok(Self(Value::Null)),
            ValueRef::Integer(number) => Ok(Self(Value::Integer(number))),
            ValueRef::Text(_) => Ok(Self(Value::Text(value.as_str()?.to_owned()))),
            ValueRef::Real(_) | ValueRef::Blob(_) => Err(FromSqlError::InvalidType),
        }
    }
}

/// Values as the parameters of a statement.
pub(crate) fn parameters(values: &[Value]) -> impl Iterator<Item = Parameter<'_>> {
    values.iter().map(Parameter)
}

/// The values of a row, in the order of the columns.
pub(crate) fn read_row(columns: &[Column], row: &Row<'_>) -> Result<Vec<Value>, SqliteError> {
    let value = |(index, column): (usize, &Column)| {
        let Held(value) = row.get(index)?;
        Ok(match (column.kind, value) {
            (ColumnKind::Json, Value::Text(json)) => Value::Json(json),
            (_, value) => value,
        })
    };
    columns.iter().enumerate().map(value).collect()
}
