//! Which rows of a read model, in which order, how many.

use std::iter;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use crate::column::{ColumnKind, ColumnValue, Value};
use crate::read_model::ReadModel;
use crate::read_models::QueryError;
use crate::table_projection::TableShape;

#[cfg(test)]
mod tests;

/// How many rows a page has unless it says so.
const PAGE_ROWS: u32 = 100;

/// Which rows of a read model: all of them, in the order of their keys, a hundred at a time,
/// unless it says otherwise.
///
/// Paging goes on after a key, so that rows which come and go meanwhile neither repeat others
/// nor hide them:
///
/// ```
/// # use annals_core::{QueryError, ReadModel, Selection, Table};
/// async fn each_row<R: ReadModel>(table: &Table<R>) -> Result<usize, QueryError> {
///     let mut seen = 0;
///     let mut page = table.list(Selection::new()).await?;
///     while let Some(last) = page.last() {
///         seen += page.len();
///         page = table.list(Selection::new().after(&last.key())).await?;
///     }
///     Ok(seen)
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a selection does nothing before a table lists it"]
pub struct Selection<R> {
    /// The names of columns as they were given.
    terms: Vec<(String, Operator, Value)>,
    /// The column that comes before the key in the order, and its value in the first row.
    by: Option<(String, Value)>,
    after: Option<Vec<Value>>,
    order: Order,
    limit: u32,
    row: PhantomData<fn() -> R>,
}

/// A selection as data: what a database is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// Of which table; the answer has all of its columns.
    pub table: TableShape,
    /// What must hold of a row; each of them.
    pub conditions: Vec<Condition>,
    /// The column by which they are ordered before their keys are looked at.
    pub by: Option<&'static str>,
    /// Only rows beyond a place in the order.
    pub after: Option<Beyond>,
    /// In which order.
    pub order: Order,
    /// At most so many.
    pub limit: u32,
}

/// What must hold of a row: `<column> <operator> <value>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// A column of the table.
    pub column: &'static str,
    /// How its value is compared.
    pub operator: Operator,
    /// With what.
    pub value: Value,
}

/// Which rows come after a place in the order: `(<columns>) <operator> (<values>)`, by the
/// [columns of the order](Select::order_columns). It may be cut short, and as many columns are compared
/// as there are values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// How the columns are compared, the first one first.
    pub operator: Operator,
    /// With what; at least one value.
    pub key: Vec<Value>,
}

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operator {
    /// It is the same; nothing is the same as nothing.
    Is,
    /// It is the same or above.
    AtLeast,
    /// It is above.
    Above,
    /// It is the same or below.
    AtMost,
    /// It is below.
    Below,
    /// Its JSON contains that of the value.
    Contains,
    /// Its text has the words of the value.
    Matches,
}

/// The order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Least first.
    Ascending,
    /// Greatest first.
    Descending,
}

impl<R: ReadModel> Selection<R> {
    /// The first hundred rows, in the order of their keys.
    pub fn new() -> Self {
        Self {
            terms: Vec::new(),
            by: None,
            after: None,
            order: Order::Ascending,
            limit: PAGE_ROWS,
            row: PhantomData,
        }
    }

    /// The one row of a key.
    pub(crate) fn of_key(key: &R::Key) -> Self {
        let terms = TableShape::of::<R>()
            .key_columns()
            .zip(R::key_values(key))
            .map(|(column, value)| (column.name.to_owned(), Operator::Is, value));
        Self {
            terms: terms.collect(),
            ..Self::new().limit(1)
        }
    }

    /// Only rows with this value in a column; `None` selects rows that hold nothing there.
    pub fn equal<V: ColumnValue>(self, column: &str, value: &V) -> Self {
        self.with(column, Operator::Is, value.to_value())
    }

    /// Only rows whose value in a column is within a range. Rows that hold nothing there are not.
    pub fn within<V: ColumnValue>(self, column: &str, range: impl RangeBounds<V>) -> Self {
        let selection = match range.start_bound() {
            Bound::Included(least) => self.with(column, Operator::AtLeast, least.to_value()),
            Bound::Excluded(below) => self.with(column, Operator::Above, below.to_value()),
            Bound::Unbounded => self,
        };
        match range.end_bound() {
            Bound::Included(most) => selection.with(column, Operator::AtMost, most.to_value()),
            Bound::Excluded(above) => selection.with(column, Operator::Below, above.to_value()),
            Bound::Unbounded => selection,
        }
    }

    /// Only rows whose JSON in a column contains this: the same members at the same places, among
    /// others that may be there. SQLite does not know how.
    pub fn containing(self, column: &str, json: &serde_json::Value) -> Self {
        self.with(column, Operator::Contains, json.to_value())
    }

    /// Only rows whose text in a column has all of these words, whatever their case and order. What
    /// is between words means nothing, and no words are in no text. SQLite does not know how.
    pub fn matching(self, column: &str, words: &str) -> Self {
        self.with(column, Operator::Matches, Value::Text(words.to_owned()))
    }

    /// In the order of a column's values, from this one on, and of keys where they are the same. Rows
    /// that hold nothing there are not selected.
    ///
    /// To page, name the last row's value here and its key as the one to go on [after](Self::after).
    pub fn by<V: ColumnValue>(mut self, column: &str, from: &V) -> Self {
        self.by = Some((column.to_owned(), from.to_value()));
        self
    }

    /// Only rows that come after a key, in the selection's order. The key need not be there.
    pub fn after(mut self, key: &R::Key) -> Self {
        self.after = Some(R::key_values(key));
        self
    }

    /// Greatest first.
    pub fn descending(mut self) -> Self {
        self.order = Order::Descending;
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = rows;
        self
    }

    /// The selection as data.
    ///
    /// # Errors
    /// [`QueryError::UnknownColumn`] when a condition names a column that the read model does not
    /// have; [`QueryError::Refused`] when its column cannot be compared that way.
    pub fn into_select(self) -> Result<Select, QueryError> {
        let conditions = self.terms.into_iter().map(condition::<R>);
        let mut conditions: Vec<_> = conditions.collect::<Result<_, _>>()?;
        let (mut by, mut after) = (None, self.after);
        if let Some((column, from)) = self.by {
            after = after.map(|key| iter::once(from.clone()).chain(key).collect());
            let first = condition::<R>((column, self.order.onwards(), from))?;
            by = Some(first.column);
            conditions.push(first);
        }
        Ok(Select {
            table: TableShape::of::<R>(),
            conditions,
            by,
            after: after.map(|place| Beyond::of(place, self.order)),
            order: self.order,
            limit: self.limit,
        })
    }

    fn with(mut self, column: &str, operator: Operator, value: Value) -> Self {
        self.terms.push((column.to_owned(), operator, value));
        self
    }
}

impl Select {
    /// The columns that make the order: the first decides, and the next where that is the same.
    pub fn order_columns(&self) -> impl Iterator<Item = &'static str> + use<> {
        let keys = self.table.key_columns().map(|key| key.name);
        self.by.into_iter().chain(keys)
    }
}

impl Order {
    /// How a value compares with the one that comes first.
    fn onwards(self) -> Operator {
        match self {
            Self::Ascending => Operator::AtLeast,
            Self::Descending => Operator::AtMost,
        }
    }
}

impl<R: ReadModel> Default for Selection<R> {
    fn default() -> Self {
        Self::new()
    }
}

/// The condition, with the name of its column from the declaration and not from the caller.
fn condition<R: ReadModel>(
    (name, operator, value): (String, Operator, Value),
) -> Result<Condition, QueryError> {
    let Some(column) = R::COLUMNS.iter().find(|column| column.name == name) else {
        return Err(QueryError::UnknownColumn {
            table: R::TABLE,
            column: name,
        });
    };
    if !can_be_compared(column.kind, operator) {
        let (table, kind) = (R::TABLE, column.kind);
        return Err(QueryError::Refused {
            reason: format!("column {name} of {table} is {kind:?}: {operator:?} has no meaning"),
        });
    }
    let (operator, value) = clamped(operator, value);
    Ok(Condition {
        column: column.name,
        operator,
        value,
    })
}

fn can_be_compared(kind: ColumnKind, operator: Operator) -> bool {
    match (kind, operator) {
        (ColumnKind::Json, operator) => matches!(operator, Operator::Is | Operator::Contains),
        (ColumnKind::Text, Operator::Matches) => true,
        (_, operator) => !matches!(operator, Operator::Contains | Operator::Matches),
    }
}

impl Beyond {
    fn of(key: Vec<Value>, order: Order) -> Self {
        let operator = match order {
            Order::Ascending => Operator::Above,
            Order::Descending => Operator::Below,
        };
        let mut beyond = Self {
            operator,
            key: Vec::new(),
        };
        for value in key {
            let (operator, near) = clamped(operator, value.clone());
            let is_there = near == value;
            beyond.key.push(near);
            if !is_there {
                // No row has this value, so what comes behind it in the key decides nothing.
                beyond.operator = operator;
                break;
            }
        }
        beyond
    }
}

/// The same comparison with the greatest value below, where the value is one that no column can
/// hold.
fn clamped(operator: Operator, value: Value) -> (Operator, Value) {
    let near = match &value {
        Value::TooLarge(_) => Value::Integer(i64::MAX),
        // What is longer than the text before the NUL comes after it, what is not before.
        Value::Text(text) if is_range(operator) && value.holds_nul() => {
            Value::Text(text.split('\0').take(1).collect())
        }
        _ => return (operator, value),
    };
    match operator {
        Operator::AtMost | Operator::Below => (Operator::AtMost, near),
        // No number is above the greatest, so that none is the same as one that is.
        _ => (Operator::Above, near),
    }
}

fn is_range(operator: Operator) -> bool {
    use Operator::{Above, AtLeast, AtMost, Below};
    matches!(operator, AtLeast | Above | AtMost | Below)
}
