//! Categories, in SQLite.

use annals::sqlite::rusqlite::{self, Connection, Transaction, params_from_iter};

use super::sql;
use crate::catalogue::category::Category;
use crate::catalogue::error::{CatalogueError, CatalogueRefusal, WriteError};
use crate::catalogue::select::Statement;
use crate::catalogue::selection::AfterName;
use crate::catalogue::stored;

/// Whether there is such a category.
pub(super) const CATEGORY: &str = "select 1 from categories where id = ?1";

pub(super) fn add(
    tx: &Transaction<'_>,
    category: Category,
) -> Result<Category, WriteError<CatalogueRefusal>> {
    let id = category.category_id.as_str();
    let insert = "insert into categories (id, name) values (?1, ?2) on conflict do nothing";
    if tx.prepare_cached(insert)?.execute([id, &category.name])? == 1 {
        return Ok(category);
    }
    if exists(tx, CATEGORY, id)? {
        let category_id = category.category_id;
        return Err(CatalogueRefusal::CategoryExists { category_id }.into());
    }
    let name = category.name;
    Err(CatalogueRefusal::CategoryNameTaken { name }.into())
}

pub(super) fn list(
    connection: &Connection,
    statement: Statement,
) -> rusqlite::Result<Vec<[String; 3]>> {
    let mut list = connection.prepare_cached(&sql(&statement.sql))?;
    let rows = list.query_map(params_from_iter(statement.texts), |row| {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?])
    })?;
    rows.collect()
}

pub(super) fn read(row: [String; 3]) -> Result<(AfterName, Category), CatalogueError> {
    let [id, name, lower_name] = row;
    stored::category(id, name, lower_name)
}

/// True if there is a row with this text.
pub(super) fn exists(tx: &Transaction<'_>, sql: &str, text: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached(sql)?.exists([text])
}
