//! Categories, in PostgreSQL.

use annals::postgres::tokio_postgres::Row;
use annals::postgres::tokio_postgres::types::Type;

use super::Tables;
use crate::catalogue::category::Category;
use crate::catalogue::error::{CatalogueError, CatalogueRefusal, WriteError};
use crate::catalogue::selection::AfterName;
use crate::catalogue::stored;

/// Whether there is such a category.
pub(super) const CATEGORY: &str = "select from {catalogue}.categories where id = $1";

pub(super) async fn add(
    tables: Tables<'_>,
    category: Category,
) -> Result<Category, WriteError<CatalogueRefusal>> {
    let id = category.category_id.as_str();
    let insert = "insert into {catalogue}.categories (id, name) values ($1, $2)
                  on conflict do nothing";
    let parameters = [(&id as _, Type::TEXT), (&category.name as _, Type::TEXT)];
    if tables.execute(insert, &parameters).await? == 1 {
        return Ok(category);
    }
    if tables.exists(CATEGORY, id).await? {
        let category_id = category.category_id;
        return Err(CatalogueRefusal::CategoryExists { category_id }.into());
    }
    let name = category.name;
    Err(CatalogueRefusal::CategoryNameTaken { name }.into())
}

pub(super) fn read(row: &Row) -> Result<(AfterName, Category), CatalogueError> {
    stored::category(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)
}
