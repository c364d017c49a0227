//! Columns of read models, and the types that fit into them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::position::{Position, StreamVersion};

#[cfg(test)]
mod tests;

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
    /// A text without NUL characters, compared byte by byte.
    Text,
    /// JSON without NUL characters. It is kept by what it means: spaces, the order of members and
    /// how a number is written may be others when it is read back.
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

impl Value {
    /// True if there is a NUL character in it, which no column may hold: not every database can.
    pub fn holds_nul(&self) -> bool {
        match self {
            Self::Text(text) => text.contains('\0'),
            Self::Json(json) => escapes(json).any(|escape| escape.starts_with("\\u0000")),
            _ => false,
        }
    }
}

/// As JSON has it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => serde_json::Value::from(text.as_str()).fmt(f),
            Self::Json(json) => f.write_str(json),
            Self::TooLarge(number) => number.fmt(f),
        }
    }
}

/// The rest of a text from each escaped character on.
fn escapes(mut json: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let escape = &json[json.find('\\')?..];
        json = escape.get(2..).unwrap_or_default();
        Some(escape)
    })
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

    /// The stored value. Values of one type sort as the type does; dates and times do from the year
    /// 0 on, and those before it are below them in an order of their own.
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

    /// One text for all that means the same: members are sorted by their names, and a number is
    /// what it is worth, so that `1.0` is `1` and `-0.0` is `0`. Databases that keep texts, and
    /// those that keep what they mean, then keep and compare alike.
    fn to_value(&self) -> Value {
        let mut canonical = self.clone();
        canonical.sort_all_objects();
        write_whole_numbers(&mut canonical);
        Value::Json(canonical.to_string())
    }

    fn from_value(value: Value) -> Option<Self> {
        let Value::Json(text) = value else {
            return None;
        };
        let mut json: Self = serde_json::from_str(&text).ok()?;
        json.sort_all_objects();
        Some(json)
    }
}

/// Turns floating-point numbers without a fraction into whole ones, as far as these go.
fn write_whole_numbers(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Number(number) if number.is_f64() => {
            let digits = number.as_f64().unwrap_or_default().to_string();
            let signed = digits.parse().map(|whole: i64| whole.into());
            let whole = signed.or_else(|_| digits.parse().map(|whole: u64| whole.into()));
            *number = whole.unwrap_or_else(|_| number.clone());
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(write_whole_numbers),
        serde_json::Value::Object(members) => members.values_mut().for_each(write_whole_numbers),
        _ => {}
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
