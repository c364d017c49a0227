//! Read models as typed rows: what a database needs to know to keep them.

use uuid::Uuid;

use crate::column::{Column, ColumnError, Value};

/// What PostgreSQL keeps of a name. Two longer ones that begin alike would be one.
const NAME_BYTES: usize = 63;

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

/// One secondary index of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Its name within the table; by default it is named after what it is on.
    pub name: Option<&'static str>,
    /// What it finds rows by.
    pub on: IndexOn,
    /// Only rows for which this SQL condition holds are in it; none means all.
    pub only: Option<&'static str>,
    /// True if no two rows in it may have the same values.
    ///
    /// What counts is what is written, after each batch: two rows that have the same between two
    /// events of one batch, and not any more after it, may pass. A projection that is sure to never
    /// fail makes no such rows at all.
    pub unique: bool,
}

/// What an index finds rows by.
///
/// A database that knows no indexes of a kind makes none, which changes no answer but its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexOn {
    /// The values of columns, most significant first. With the key they may be as long as
    /// [`INDEXED_BYTES`](crate::limits::INDEXED_BYTES) says.
    Columns(&'static [&'static str]),
    /// The value of an SQL expression, such as `lower(email)`. PostgreSQL refuses a row in which it
    /// is longer than about 2,600 bytes, once it is compressed: keep it short by itself.
    Expression(&'static str),
    /// What a JSON column contains. Not in SQLite.
    Json(&'static str),
    /// The words in text columns, each text as long as
    /// [`SEARCHED_BYTES`](crate::limits::SEARCHED_BYTES) says. Not in SQLite.
    FullText(&'static [&'static str]),
}

impl Index {
    /// Its name in the database: that of the table, then its own; the end of a long one is a digest.
    pub fn name_in(&self, table: &str) -> String {
        let name = self.whole_name_in(table);
        if name.len() <= NAME_BYTES {
            return name;
        }
        let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).simple();
        let digest = format!("_{:.8}", digest.to_string());
        let kept = name.floor_char_boundary(NAME_BYTES - digest.len());
        format!("{}{digest}", &name[..kept])
    }

    fn whole_name_in(&self, table: &str) -> String {
        match (self.name, self.on) {
            (Some(name), _) => format!("{table}_{name}"),
            (None, IndexOn::Columns(columns)) => format!("{table}_by_{}", columns.join("_")),
            (None, IndexOn::Json(column)) => format!("{table}_by_{column}_json"),
            (None, IndexOn::FullText(columns)) => format!("{table}_by_{}_words", columns.join("_")),
            (None, IndexOn::Expression(_)) => format!("{table}_by_expression"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(on: &'static [&'static str]) -> String {
        let index = Index {
            name: None,
            on: IndexOn::Columns(on),
            only: None,
            unique: false,
        };
        index.name_in("turnover_of_all_accounts")
    }

    #[test]
    fn names_that_databases_would_cut_stay_apart() {
        let first = name(&["counterparty_of_the_payment", "booked_at", "amount"]);
        let second = name(&["counterparty_of_the_payment", "booked_at", "amount", "note"]);
        assert_eq!(first.len(), NAME_BYTES);
        assert_eq!(second.len(), NAME_BYTES);
        assert_eq!(first[..54], second[..54]);
        assert_ne!(first, second);
        assert_eq!(name(&["amount"]), "turnover_of_all_accounts_by_amount");
    }
}
