//! Rows as both databases have them, and what they are read as.

use std::str::FromStr;
use std::sync::Arc;

use super::category::Category;
use super::error::CatalogueError;
use super::product::Product;
use super::reservation::{Quantities, StockCount};
use super::selection::AfterName;
use crate::money::Money;

/// A row of products.
pub(super) struct StoredProduct {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) price_minor: i64,
    pub(super) currency: String,
    pub(super) stock_quantity: i64,
    pub(super) category_id: String,
    pub(super) attributes: String,
    pub(super) version: i64,
    /// The name as lists are sorted by it.
    pub(super) lower_name: String,
}

/// The columns of a [`StoredProduct`]; its attributes as text come between the two.
pub(super) const PRODUCT_COLUMNS: [&str; 2] = [
    "id, name, description, price_minor, currency, stock_quantity, category_id",
    "version, lower(name)",
];

/// A value that was never written like this.
#[derive(Debug, thiserror::Error)]
#[error("{column} of the catalogue is {value:?}")]
struct NotAsWritten {
    column: &'static str,
    value: String,
}

impl StoredProduct {
    /// The product, and its place in lists.
    pub(super) fn read(self) -> Result<(AfterName, Product), CatalogueError> {
        let place = AfterName {
            name: self.lower_name,
            id: self.id.clone(),
        };
        let currency = parsed("currency", &self.currency)?;
        let attributes = serde_json::from_str(&self.attributes);
        let product = Product {
            product_id: parsed("id", &self.id)?,
            name: self.name,
            description: self.description,
            price: Money::of_minor(self.price_minor, currency),
            stock_quantity: count("stock_quantity", self.stock_quantity)?,
            category_id: parsed("category_id", &self.category_id)?,
            attributes: attributes.map_err(|_| not_as_written("attributes", &self.attributes))?,
            version: count("version", self.version)?,
        };
        Ok((place, product))
    }
}

/// A category, and its place in lists.
pub(super) fn category(
    id: String,
    name: String,
    lower_name: String,
) -> Result<(AfterName, Category), CatalogueError> {
    let category_id = parsed("id", &id)?;
    let place = AfterName {
        name: lower_name,
        id,
    };
    Ok((place, Category { category_id, name }))
}

/// So many of each product.
pub(super) fn quantities(rows: Vec<(String, i64)>) -> Result<Quantities, CatalogueError> {
    let read = |(id, quantity): (String, i64)| {
        Ok((parsed("product_id", &id)?, count("quantity", quantity)?))
    };
    rows.into_iter().map(read).collect()
}

/// A row of stock: on the shelf, reserved, sold, put in.
pub(super) fn stock_count(id: &str, counts: [i64; 4]) -> Result<StockCount, CatalogueError> {
    let [on_shelf, reserved, sold, put_in] = counts;
    Ok(StockCount {
        product_id: parsed("id", id)?,
        on_shelf: count("stock_quantity", on_shelf)?,
        reserved: count("quantity", reserved)?,
        sold: count("quantity", sold)?,
        put_in: count("put_in", put_in)?,
    })
}

/// A text that has a type of its own.
pub(super) fn parsed<T: FromStr>(column: &'static str, text: &str) -> Result<T, CatalogueError> {
    text.parse().map_err(|_| not_as_written(column, text))
}

pub(super) fn not_as_written(column: &'static str, value: &str) -> CatalogueError {
    let value = value.to_owned();
    CatalogueError::Failed(Arc::new(NotAsWritten { column, value }))
}

fn count(column: &'static str, value: i64) -> Result<u64, CatalogueError> {
    u64::try_from(value).map_err(|_| not_as_written(column, &value.to_string()))
}

/// A count as both databases keep it.
pub(super) fn stored(count: u64) -> i64 {
    i64::try_from(count).expect("no count is near the end of the range")
}
