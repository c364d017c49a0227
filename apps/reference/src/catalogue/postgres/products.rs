//! Products, in PostgreSQL.

use annals::ExpectedVersion;
use annals::postgres::tokio_postgres::Row;
use annals::postgres::tokio_postgres::types::Type;

use super::Tables;
use super::categories::CATEGORY;
use crate::catalogue::error::{CatalogueError, CatalogueRefusal, WriteError};
use crate::catalogue::ids::{CategoryId, ProductId};
use crate::catalogue::product::{NewProduct, Product, ProductChange};
use crate::catalogue::select::Dialect;
use crate::catalogue::selection::AfterName;
use crate::catalogue::stored::{StoredProduct, stored};
use crate::catalogue::version::check;

/// How PostgreSQL says it.
pub(super) const DIALECT: Dialect = Dialect {
    attributes: "attributes::text",
    has_words: "words @@ plainto_tsquery('simple', {0})",
    is_behind: "(lower(name), id) > ({0}, {1})",
    has_brand: "attributes @> jsonb_build_object('brand', {0}::text)",
};

const INSERT: &str = "
    insert into {catalogue}.products (id, name, description, price_minor, currency, stock_quantity,
      put_in, category_id, attributes, version)
    values ($1, $2, $3, $4, $5, $6, $6, $7, $8::text::jsonb, $9)
    on conflict do nothing";

const UPDATE: &str = "
    update {catalogue}.products
    set name = $2, description = $3, price_minor = $4, currency = $5,
      put_in = put_in + $6 - stock_quantity, stock_quantity = $6,
      category_id = $7, attributes = $8::text::jsonb, version = $9
    where id = $1";

/// Whether an order names a product.
pub(super) const ORDERED: &str =
    "select from {catalogue}.reservation_lines where product_id = $1 limit 1";

pub(super) async fn add(
    tables: Tables<'_>,
    product: NewProduct,
) -> Result<Product, WriteError<CatalogueRefusal>> {
    check_category(tables, &product.category_id).await?;
    let product = product.added();
    if write(tables, INSERT, &product).await? == 1 {
        return Ok(product);
    }
    let product_id = product.product_id;
    Err(CatalogueRefusal::ProductExists { product_id }.into())
}

pub(super) async fn change(
    tables: Tables<'_>,
    product: ProductId,
    change: ProductChange,
    expected: Option<ExpectedVersion>,
) -> Result<Product, WriteError<CatalogueRefusal>> {
    let before = lock(tables, &product, expected).await?;
    if let Some(category) = &change.category_id {
        check_category(tables, category).await?;
    }
    let product = change.applied_to(before);
    write(tables, UPDATE, &product).await?;
    Ok(product)
}

pub(super) async fn remove(
    tables: Tables<'_>,
    product: ProductId,
    expected: Option<ExpectedVersion>,
) -> Result<(), WriteError<CatalogueRefusal>> {
    lock(tables, &product, expected).await?;
    let id = product.as_str();
    if tables.exists(ORDERED, id).await? {
        let product_id = product;
        return Err(CatalogueRefusal::ProductOrdered { product_id }.into());
    }
    let delete = "delete from {catalogue}.products where id = $1";
    tables.execute(delete, &[(&id, Type::TEXT)]).await?;
    Ok(())
}

/// The product, which must be there and have the version that is expected. Until the end of the
/// transaction nobody else changes it.
async fn lock(
    tables: Tables<'_>,
    product: &ProductId,
    expected: Option<ExpectedVersion>,
) -> Result<Product, WriteError<CatalogueRefusal>> {
    let sql = format!("{} for update", DIALECT.product());
    let id = product.as_str();
    let rows = tables.rows(&sql, &[(&id, Type::TEXT)]).await?;
    let found = rows.first().map(read).transpose()?;
    check(product, found.map(|(_, product)| product), expected)
}

async fn check_category(
    tables: Tables<'_>,
    category: &CategoryId,
) -> Result<(), WriteError<CatalogueRefusal>> {
    if tables.exists(CATEGORY, category.as_str()).await? {
        return Ok(());
    }
    let category_id = category.clone();
    Err(CatalogueRefusal::NoCategory { category_id }.into())
}

/// Runs a statement with all that a product has, and tells how many rows it changed.
async fn write(tables: Tables<'_>, sql: &str, product: &Product) -> Result<u64, CatalogueError> {
    let (id, category) = (product.product_id.as_str(), product.category_id.as_str());
    let (currency, attributes) = (product.price.currency.code(), product.attributes.to_json());
    let (stock_quantity, version) = (stored(product.stock_quantity), stored(product.version));
    let parameters = [
        (&id as _, Type::TEXT),
        (&product.name as _, Type::TEXT),
        (&product.description as _, Type::TEXT),
        (&product.price.minor as _, Type::INT8),
        (&currency as _, Type::TEXT),
        (&stock_quantity as _, Type::INT8),
        (&category as _, Type::TEXT),
        (&attributes as _, Type::TEXT),
        (&version as _, Type::INT8),
    ];
    tables.execute(sql, &parameters).await
}

pub(super) fn read(row: &Row) -> Result<(AfterName, Product), CatalogueError> {
    let stored = StoredProduct {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        description: row.try_get(2)?,
        price_minor: row.try_get(3)?,
        currency: row.try_get(4)?,
        stock_quantity: row.try_get(5)?,
        category_id: row.try_get(6)?,
        attributes: row.try_get(7)?,
        version: row.try_get(8)?,
        lower_name: row.try_get(9)?,
    };
    stored.read()
}
