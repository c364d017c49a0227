//! Values of read models on their way to and from the database.

use std::error::Error;

use annals_core::{Column, ColumnKind, Value};
use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::error::PostgresError;

/// A value as a parameter, or as an element of one. JSON travels as text and is cast.
#[derive(Debug)]
pub(crate) struct SqlValue<'a>(pub(crate) &'a Value);

impl SqlValue<'_> {
    /// The type it is sent as.
    pub(crate) fn kind(&self) -> Type {
        match self.0 {
            Value::Integer(_) => Type::INT8,
            _ => Type::TEXT,
        }
    }
}

impl ToSql for SqlValue<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(number) => number.to_sql(kind, out),
            Value::Text(text) | Value::Json(text) => text.to_sql(kind, out),
            other => Err(format!("no place in PostgreSQL for {other:?}").into()),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT)
    }

    to_sql_checked!();
}

/// The type that many values of a column are sent as.
pub(crate) fn array_type(column: &Column) -> Type {
    match column.kind {
        ColumnKind::Integer => Type::INT8_ARRAY,
        _ => Type::TEXT_ARRAY,
    }
}

/// A row whose columns are these, in order.
pub(crate) fn read_row(columns: &[Column], row: &Row) -> Result<Vec<Value>, PostgresError> {
    let values = columns.iter().enumerate();
    values
        .map(|(place, column)| read_value(column, row, place))
        .collect()
}

fn read_value(column: &Column, row: &Row, place: usize) -> Result<Value, PostgresError> {
    match column.kind {
        ColumnKind::Integer => read(row, place, Value::Integer),
        ColumnKind::Json => read(row, place, Value::Json),
        _ => read(row, place, Value::Text),
    }
}

fn read<'a, T: FromSql<'a>>(
    row: &'a Row,
    place: usize,
    value: fn(T) -> Value,
) -> Result<Value, PostgresError> {
    let held: Option<T> = row.try_get(place)?;
    Ok(held.map_or(Value::Null, value))
}
