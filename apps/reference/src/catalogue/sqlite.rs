//! The catalogue in SQLite: a file beside the read models, or memory.
//!
//! One writes at a time, so that a change sees and leaves whole states, and locks nothing.

use std::path::Path;
use std::sync::Arc;

use annals::runtime::CommandContext;
use annals::sqlite::rusqlite::{self, Transaction};
use annals::sqlite::{Database, SqliteError};
use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::category::Category;
use super::contract::Catalogue;
use super::error::{CatalogueError, CatalogueRefusal, WriteError};
use super::ids::{OrderId, ProductId};
use super::product::{NewProduct, Product, ProductChange};
use super::reservation::{Movement, Reservation, StockCount, StockRefusal};
use super::select;
use super::selection::{AfterName, ProductSelection};

mod categories;
mod first_answers;
mod migrate;
mod products;
mod stock;

#[cfg(test)]
mod tests;

/// A catalogue in SQLite. Clones are the same catalogue.
#[derive(Debug, Clone)]
pub struct SqliteCatalogue {
    database: Database,
}

impl SqliteCatalogue {
    /// Opens the catalogue in a file, made if it is not there.
    ///
    /// # Errors
    /// [`SqliteError`]: each says what to do.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        Self::of(Database::open_durable(path).await?).await
    }

    /// Makes a catalogue in memory, gone with its last clone.
    ///
    /// # Errors
    /// [`SqliteError`] when there is no memory for it.
    pub async fn in_memory() -> Result<Self, SqliteError> {
        Self::of(Database::in_memory().await?).await
    }

    async fn of(database: Database) -> Result<Self, SqliteError> {
        database.transact(migrate::migrate).await?;
        Ok(Self { database })
    }

    /// Reads what is there at one moment.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, CatalogueError> {
        Ok(self.database.read(read).await?)
    }

    /// Makes a change of a kind, once for each key.
    async fn change<T, R>(
        &self,
        kind: &'static str,
        context: &CommandContext,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, WriteError<R>> + Send + 'static,
    ) -> Result<T, WriteError<R>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        R: Serialize + DeserializeOwned + Send + 'static,
    {
        let key = context.idempotency.clone();
        let once =
            move |tx: &Transaction<'_>| first_answers::once(tx, kind, key.as_ref(), || change(tx));
        let answer = self.database.transact(once).await?;
        answer.map_err(WriteError::Refused)
    }
}

#[async_trait]
impl Catalogue for SqliteCatalogue {
    async fn add_category(
        &self,
        category: Category,
        context: &CommandContext,
    ) -> Result<Category, WriteError<CatalogueRefusal>> {
        self.change("add category", context, |tx| categories::add(tx, category))
            .await
    }

    async fn categories(
        &self,
        after: Option<AfterName>,
        limit: u32,
    ) -> Result<Vec<(AfterName, Category)>, CatalogueError> {
        let statement = select::categories(after.as_ref(), limit);
        let rows = self.read(|connection| categories::list(connection, statement));
        rows.await?.into_iter().map(categories::read).collect()
    }

    async fn add_product(
        &self,
        product: NewProduct,
        context: &CommandContext,
    ) -> Result<Product, WriteError<CatalogueRefusal>> {
        self.change("add product", context, |tx| products::add(tx, product))
            .await
    }

    async fn change_product(
        &self,
        product: &ProductId,
        change: ProductChange,
        context: &CommandContext,
    ) -> Result<Product, WriteError<CatalogueRefusal>> {
        let (product, expected) = (product.clone(), context.expected);
        self.change("change product", context, move |tx| {
            products::change(tx, &product, change, expected)
        })
        .await
    }

    async fn remove_product(
        &self,
        product: &ProductId,
        context: &CommandContext,
    ) -> Result<(), WriteError<CatalogueRefusal>> {
        let (product, expected) = (product.clone(), context.expected);
        self.change("remove product", context, move |tx| {
            products::remove(tx, &product, expected)
        })
        .await
    }

    async fn product(&self, product: &ProductId) -> Result<Option<Product>, CatalogueError> {
        let product = product.clone();
        let row = self.read(move |connection| products::find(connection, &product));
        let row = row.await?.map(super::stored::StoredProduct::read);
        Ok(row.transpose()?.map(|(_, product)| product))
    }

    async fn products(
        &self,
        selection: &ProductSelection,
    ) -> Result<Vec<(AfterName, Product)>, CatalogueError> {
        let statement = products::DIALECT.products(selection);
        let rows = self.read(|connection| products::list(connection, statement));
        let rows = rows.await?.into_iter();
        rows.map(super::stored::StoredProduct::read).collect()
    }

    async fn move_stock(
        &self,
        order: &OrderId,
        movement: Movement,
        context: &CommandContext,
    ) -> Result<Reservation, WriteError<StockRefusal>> {
        let order = order.clone();
        self.change("move stock", context, move |tx| {
            stock::carry_out(tx, &order, movement)
        })
        .await
    }

    async fn stock(&self) -> Result<Vec<StockCount>, CatalogueError> {
        let rows = self.read(stock::counts).await?.into_iter();
        rows.map(|(id, counts)| super::stored::stock_count(&id, counts))
            .collect()
    }
}

/// A statement for the tables of a file.
fn sql(text: &str) -> String {
    text.replace("{catalogue}", "main")
}

impl From<SqliteError> for CatalogueError {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::Unavailable { .. } => Self::Unavailable(Arc::new(error)),
            other => Self::Failed(Arc::new(other)),
        }
    }
}

impl From<rusqlite::Error> for CatalogueError {
    fn from(error: rusqlite::Error) -> Self {
        SqliteError::from(error).into()
    }
}

impl<R> From<SqliteError> for WriteError<R> {
    fn from(error: SqliteError) -> Self {
        Self::Catalogue(error.into())
    }
}

impl<R> From<rusqlite::Error> for WriteError<R> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Catalogue(error.into())
    }
}
