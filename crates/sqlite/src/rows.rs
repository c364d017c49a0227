//! The statements for single rows of a table.

use annals_core::TableShape;

use crate::schema::{columns, key_columns, quoted, quoted_list};

/// The statements for single rows of a table.
#[derive(Debug)]
pub(crate) struct RowStatements {
    pub(crate) get: String,
    pub(crate) put: String,
    pub(crate) delete: String,
}

impl RowStatements {
    pub(crate) fn of(shape: &TableShape) -> Self {
        let (table, names) = (quoted(shape.name), quoted_list(&columns(shape.columns)));
        let places = vec!["?"; shape.columns.len()].join(", ");
        let keys: Vec<String> = key_columns(shape.columns)
            .iter()
            .map(|key| format!("{} = ?", quoted(key)))
            .collect();
        let keys = keys.join(" and ");
        Self {
            get: format!("select {names} from {table} where {keys}"),
            put: format!("insert or replace into {table} ({names}) values ({places})"),
            delete: format!("delete from {table} where {keys}"),
        }
    }
}
