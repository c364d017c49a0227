//! Which rows of a read model, in which order, how many.

use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use annals_core::{ColumnValue, ReadModel, Value};

use crate::error::SqliteError;
use crate::schema::{columns, key_columns, quoted, quoted_list};

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
/// # use annals_core::ReadModel;
/// # use annals_sqlite::{Database, Selection, SqliteError};
/// async fn each_row<R: ReadModel>(database: &Database) -> Result<usize, SqliteError> {
///     let (table, mut seen) = (database.table::<R>(), 0);
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
    conditions: Vec<Condition>,
    after: Option<Vec<Value>>,
    order: Order,
    limit: u32,
    row: PhantomData<fn() -> R>,
}

/// `<column> <operator> <value>`.
#[derive(Debug, Clone)]
struct Condition {
    column: String,
    operator: &'static str,
    value: Value,
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Ascending,
    Descending,
}

impl<R: ReadModel> Selection<R> {
    /// The first hundred rows, in the order of their keys.
    pub fn new() -> Self {
        Self {
            conditions: Vec::new(),
            after: None,
            order: Order::Ascending,
            limit: PAGE_ROWS,
            row: PhantomData,
        }
    }

    /// Only rows with this value in a column; `None` selects rows that hold nothing there.
    pub fn equal<V: ColumnValue>(self, column: &str, value: &V) -> Self {
        self.with(column, "is", value)
    }

    /// Only rows whose value in a column is within a range. Rows that hold nothing there are not.
    pub fn within<V: ColumnValue>(self, column: &str, range: impl RangeBounds<V>) -> Self {
        let selection = match range.start_bound() {
            Bound::Included(least) => self.with(column, ">=", least),
            Bound::Excluded(below) => self.with(column, ">", below),
            Bound::Unbounded => self,
        };
        match range.end_bound() {
            Bound::Included(most) => selection.with(column, "<=", most),
            Bound::Excluded(above) => selection.with(column, "<", above),
            Bound::Unbounded => selection,
        }
    }

    /// Only rows that come after a key, in the selection's order. The key need not be there.
    pub fn after(mut self, key: &R::Key) -> Self {
        self.after = Some(R::key_values(key));
        self
    }

    /// Greatest key first.
    pub fn descending(mut self) -> Self {
        self.order = Order::Descending;
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = rows;
        self
    }

    fn with<V: ColumnValue>(mut self, column: &str, operator: &'static str, value: &V) -> Self {
        self.conditions.push(Condition {
            column: column.to_owned(),
            operator,
            value: value.to_value(),
        });
        self
    }

    /// The statement and its parameters.
    pub(crate) fn into_sql(self) -> Result<(String, Vec<Value>), SqliteError> {
        let (names, table) = (quoted_list(&columns::<R>()), quoted(R::TABLE));
        let (order, limit) = (self.order.by::<R>(), Value::Integer(self.limit.into()));
        let (filter, mut values) = self.into_filter()?;
        values.push(limit);
        let sql = format!("select {names} from {table} {filter} order by {order} limit ?");
        Ok((sql, values))
    }

    fn into_filter(self) -> Result<(String, Vec<Value>), SqliteError> {
        let (mut terms, mut values) = (Vec::new(), Vec::new());
        for condition in self.conditions {
            terms.push(condition.term::<R>()?);
            values.push(condition.value);
        }
        if let Some(key) = self.after {
            let (names, beyond) = (quoted_list(&key_columns::<R>()), self.order.beyond());
            let places = vec!["?"; key.len()].join(", ");
            terms.push(format!("({names}) {beyond} ({places})"));
            values.extend(key);
        }
        if terms.is_empty() {
            return Ok((String::new(), values));
        }
        Ok((format!("where {}", terms.join(" and ")), values))
    }
}

impl<R: ReadModel> Default for Selection<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl Order {
    fn by<R: ReadModel>(self) -> String {
        let direction = match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        };
        let keys = key_columns::<R>().into_iter();
        let keys = keys.map(|key| format!("{} {direction}", quoted(key)));
        keys.collect::<Vec<_>>().join(", ")
    }

    fn beyond(self) -> &'static str {
        match self {
            Self::Ascending => ">",
            Self::Descending => "<",
        }
    }
}

impl Condition {
    /// The condition with a place for its value; the column's name is that of the declaration.
    fn term<R: ReadModel>(&self) -> Result<String, SqliteError> {
        let declared = columns::<R>().into_iter().find(|name| *name == self.column);
        let Some(column) = declared else {
            return Err(SqliteError::UnknownColumn {
                table: R::TABLE,
                column: self.column.clone(),
            });
        };
        Ok(format!("{} {} ?", quoted(column), self.operator))
    }
}
