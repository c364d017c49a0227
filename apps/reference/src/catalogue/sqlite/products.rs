//! Products, in SQLite.

use annals::ExpectedVersion;
use annals::sqlite::rusqlite::{
    self, Connection, OptionalExtension, Row, Transaction, params, params_from_iter,
};

use super::categories::{CATEGORY, exists};
use super::sql;
use crate::catalogue::error::{CatalogueRefusal, WriteError};
use crate::catalogue::ids::{CategoryId, ProductId};
use crate::catalogue::product::{NewProduct, Product, ProductChange};
use crate::catalogue::select::{Dialect, Statement};
use crate::catalogue::stored::{StoredProduct, stored};
use crate::catalogue::version::check;

/// How SQLite says it.
pub(super) const DIALECT: Dialect = Dialect {
    attributes: "attributes",
    has_words: "row in (select rowid from products_words where products_words match {0})",
    // The first half says nothing new, but the index is sought by it.
    is_behind: "lower(name) >= {0} and (lower(name), id) > ({0}, {1})",
    has_brand: "attributes ->> '$.brand' = {0}",
};

const INSERT: &str = "
    insert into products (id, name, description, price_minor, currency, stock_quantity, put_in,
      category_id, attributes, version)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9)
    on conflict do nothing";

const UPDATE: &str = "
    update products
    set name = ?2, description = ?3, price_minor = ?4, currency = ?5,
      put_in = put_in + ?6 - stock_quantity, stock_quantity = ?6,
      category_id = ?7, attributes = ?8, version = ?9
    where id = ?1";

/// Whether an order names a product.
pub(super) const ORDERED: &str = "select 1 from reservation_lines where product_id = ?1";

pub(super) fn add(
    tx: &Transaction<'_>,
    product: NewProduct,
) -> Result<Product, WriteError<CatalogueRefusal>> {
    check_category(tx, &product.category_id)?;
    let product = product.added();
    if write(tx, INSERT, &product)? == 1 {
        return Ok(product);
    }
    let product_id = product.product_id;
    Err(CatalogueRefusal::ProductExists { product_id }.into())
}

pub(super) fn change(
    tx: &Transaction<'_>,
    product: &ProductId,
    change: ProductChange,
    expected: Option<ExpectedVersion>,
) -> Result<Product, WriteError<CatalogueRefusal>> {
    let before = expect(tx, product, expected)?;
    if let Some(category) = &change.category_id {
        check_category(tx, category)?;
    }
    let product = change.applied_to(before);
    write(tx, UPDATE, &product)?;
    Ok(product)
}

pub(super) fn remove(
    tx: &Transaction<'_>,
    product: &ProductId,
    expected: Option<ExpectedVersion>,
) -> Result<(), WriteError<CatalogueRefusal>> {
    expect(tx, product, expected)?;
    let id = product.as_str();
    if exists(tx, ORDERED, id)? {
        let product_id = product.clone();
        return Err(CatalogueRefusal::ProductOrdered { product_id }.into());
    }
    tx.execute("delete from products where id = ?1", [id])?;
    Ok(())
}

pub(super) fn find(
    connection: &Connection,
    product: &ProductId,
) -> rusqlite::Result<Option<StoredProduct>> {
    let mut find = connection.prepare_cached(&sql(&DIALECT.product()))?;
    find.query_row([product.as_str()], read).optional()
}

pub(super) fn list(
    connection: &Connection,
    statement: Statement,
) -> rusqlite::Result<Vec<StoredProduct>> {
    let mut list = connection.prepare_cached(&sql(&statement.sql))?;
    let rows = list.query_map(params_from_iter(statement.texts), read)?;
    rows.collect()
}

/// The product, which must be there and have the version that is expected.
fn expect(
    tx: &Transaction<'_>,
    product: &ProductId,
    expected: Option<ExpectedVersion>,
) -> Result<Product, WriteError<CatalogueRefusal>> {
    let found = find(tx, product)?.map(StoredProduct::read).transpose()?;
    check(product, found.map(|(_, product)| product), expected)
}

fn check_category(
    tx: &Transaction<'_>,
    category: &CategoryId,
) -> Result<(), WriteError<CatalogueRefusal>> {
    if exists(tx, CATEGORY, category.as_str())? {
        return Ok(());
    }
    let category_id = category.clone();
    Err(CatalogueRefusal::NoCategory { category_id }.into())
}

/// Runs a statement with all that a product has, and tells how many rows it changed.
fn write(tx: &Transaction<'_>, sql: &str, product: &Product) -> rusqlite::Result<usize> {
    tx.prepare_cached(sql)?.execute(params![
        product.product_id.as_str(),
        product.name,
        product.description,
        product.price.minor,
        product.price.currency.code(),
        stored(product.stock_quantity),
        product.category_id.as_str(),
        product.attributes.to_json(),
        stored(product.version),
    ])
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredProduct> {
    Ok(StoredProduct {
        id: row.get(0)?,
        name: row.get(1)?,
        description: row.get(2)?,
        price_minor: row.get(3)?,
        currency: row.get(4)?,
        stock_quantity: row.get(5)?,
        category_id: row.get(6)?,
        attributes: row.get(7)?,
        version: row.get(8)?,
        lower_name: row.get(9)?,
    })
}
