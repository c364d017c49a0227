//! Columns of read models, and the types that fit into them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::position::{Position, StreamVersion};

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

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// A whole number of 64 bits, signed.
    Integer,
    /// A text, compared byte by byte.
    Text,
    /// JSON.
    Json,
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
    /// JSON, as text.
    Json(String),
    /// A whole number that no column can hold: greater than any in one.
    TooLarge(u64),
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

/// Types kept as whole numbers.
macro_rules! kept_as_integer {
    ($($type:ty: $to:expr, $from:expr;)*) => {$(
        impl ColumnValue for $type {
            const KIND: ColumnKind = ColumnKind::Integer;

            fn to_value(&self) -> Value {
                ($to)(*self)
            }

            fn from_value(value: Value) -> Option<Self> {
                i64::from_value(value).and_then($from)
            }
        }
    )*};
}

kept_as_integer! {
    bool: |truth| Value::Integer(i64::from(truth)), |number| match number { 0 => Some(false), 1 => Some(true), _ => None };
    u32: |number| Value::Integer(i64::from(number)), |number| u32::try_from(number).ok();
    u64: natural, |number| u64::try_from(number).ok();
    Position: |position: Position| natural(position.0), |number| u64::try_from(number).ok().map(Position);
    StreamVersion: |version: StreamVersion| natural(version.0), |number| u64::try_from(number).ok().map(StreamVersion);
}

fn natural(number: u64) -> Value {
    i64::try_from(number).map_or(Value::TooLarge(number), Value::Integer)
}

impl ColumnValue for serde_json::Value {
    const KIND: ColumnKind = ColumnKind::Json;

    fn to_value(&self) -> Value {
        let mut sorted = self.clone();
        sorted.sort_all_objects();
        Value::Json(sorted.to_string())
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Json(text) => serde_json::from_str(&text).ok(),
            _ => None,
        }
    }
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
