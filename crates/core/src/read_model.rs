//! Read models as typed rows: what a database needs to know to keep them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::position::{Position, StreamVersion};

/// A row of a read model: a table with declared columns, keys and indexes.
///
/// `#[derive(ReadModel)]` writes this for a struct with named fields.
pub trait ReadModel: Clone + Send + Sync + 'static {
    /// Identifies a row: the type of the key field, or a tuple of the key fields' types.
    type Key: Clone + Eq + std::hash::Hash + Send + Sync + 'static;

    /// Name of the table, in snake case.
    const TABLE: &'static str;
    /// The columns, in the order of [`to_values`](Self::to_values).
    const COLUMNS: &'static [Column];
    /// The secondary indexes.
    const INDEXES: &'static [Index];

    /// The row's key.
    fn key(&self) -> Self::Key;

    /// The key's values, in the order of the key columns.
    fn key_values(key: &Self::Key) -> Vec<Value>;

    /// The row's values, in the order of [`COLUMNS`](Self::COLUMNS).
    fn to_values(&self) -> Vec<Value>;

    /// The row from its values, in the order of [`COLUMNS`](Self::COLUMNS).
    ///
    /// # Errors
    /// [`ColumnError`] when a value is not of its column's type.
    fn from_values(values: Vec<Value>) -> Result<Self, ColumnError>;
}

/// One column of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, in snake case.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// True if it may hold nothing.
    pub nullable: bool,
    /// True if it is part of the primary key.
    pub key: bool,
}

/// One secondary index of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// The columns, most significant first.
    pub columns: &'static [&'static str],
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// A whole number of 64 bits, signed.
    Integer,
    /// A text, compared byte by byte.
    Text,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
}

/// A value that is not what its column should hold.
///
/// **Do:** rebuild the read model; it was written by other code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column} cannot hold {value:?}")]
pub struct ColumnError {
    /// Which column; empty where it is not known yet.
    pub column: &'static str,
    /// What it held.
    pub value: Value,
}

/// A type that fits into one column.
pub trait ColumnValue: Sized {
    /// What the column holds.
    const KIND: ColumnKind;
    /// True if it may hold nothing.
    const NULLABLE: bool = false;

    /// The stored value. Values of one type sort as the type does.
    fn to_value(&self) -> Value;

    /// The value read back; `None` when it is not one of this type.
    fn from_value(value: Value) -> Option<Self>;

    /// The value of a named column, read back.
    ///
    /// # Errors
    /// [`ColumnError`] when it is not one of this type.
    fn from_column(column: &'static str, value: Value) -> Result<Self, ColumnError> {
        Self::from_value(value.clone()).ok_or(ColumnError { column, value })
    }
}

impl ColumnValue for i64 {
    const KIND: ColumnKind = ColumnKind::Integer;

    fn to_value(&self) -> Value {
        Value::Integer(*self)
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }
}

impl ColumnValue for String {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    const KIND: ColumnKind = T::KIND;
    const NULLABLE: bool = true;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// Types kept as whole numbers. One above `i64::MAX` does not occur: none of them counts so far.
macro_rules! kept_as_integer {
    ($($type:ty: $to:expr, $from:expr;)*) => {$(
        impl ColumnValue for $type {
            const KIND: ColumnKind = ColumnKind::Integer;

            fn to_value(&self) -> Value {
                Value::Integer(($to)(*self))
            }

            fn from_value(value: Value) -> Option<Self> {
                i64::from_value(value).and_then($from)
            }
        }
    )*};
}

kept_as_integer! {
    bool: i64::from, |number| match number { 0 => Some(false), 1 => Some(true), _ => None };
    u32: i64::from, |number| u32::try_from(number).ok();
    u64: saturated, |number| u64::try_from(number).ok();
    Position: |position: Position| saturated(position.0), |number| u64::try_from(number).ok().map(Position);
    StreamVersion: |version: StreamVersion| saturated(version.0), |number| u64::try_from(number).ok().map(StreamVersion);
}

fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl ColumnValue for Timestamp {
    const KIND: ColumnKind = ColumnKind::Text;

    /// RFC 3339 with nine fraction digits, so that texts sort as times do.
    fn to_value(&self) -> Value {
        Value::Text(format!("{self:.9}"))
    }

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}

impl ColumnValue for Date {
    const KIND: ColumnKind = ColumnKind::Text;

    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}
