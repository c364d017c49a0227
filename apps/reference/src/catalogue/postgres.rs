//! The catalogue in PostgreSQL, in a schema beside that of the event store.
//!
//! Several processes may share it. Locks are taken in one order: the idempotency key, the order, then
//! products by id; so nobody waits for somebody who waits for them.

use std::sync::Arc;
use std::time::Duration;

use annals::postgres::tokio_postgres::types::Type;
use annals::postgres::tokio_postgres::{self, Row};
use annals::postgres::{Parameter, Postgres, PostgresError, PostgresOptions, Transaction};
use annals::runtime::CommandContext;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::category::Category;
use super::contract::Catalogue;
use super::error::{CatalogueError, CatalogueRefusal, WriteError};
use super::ids::{OrderId, ProductId};
use super::product::{NewProduct, Product, ProductChange};
use super::reservation::{Movement, Reservation, StockCount, StockRefusal};
use super::select::{self, STOCK, Statement};
use super::selection::{AfterName, ProductSelection};

mod categories;
mod first_answers;
mod migrate;
mod products;
mod stock;

#[cfg(test)]
mod tests;

/// Longest wait for a connection. A saga has 256 commands on their way at once: when all move the stock of
/// one product, they go one after the other, and the last of them must not look as if it had failed. A
/// saga itself waits for ten seconds.
const TURN_WITHIN: Duration = Duration::from_secs(9);

/// A catalogue in PostgreSQL. Clones share their connections.
#[derive(Debug, Clone)]
pub struct PostgresCatalogue {
    postgres: Postgres,
    /// The schema of its tables.
    schema: Arc<str>,
}

impl PostgresCatalogue {
    /// Opens the catalogue in the database of a URL, in the schema `<schema of the store>_catalogue`,
    /// and makes the tables that are missing.
    ///
    /// # Errors
    /// [`PostgresError`]: each says what to do.
    pub async fn connect(url: &str) -> Result<Self, PostgresError> {
        let options = PostgresOptions::new(url)?.turn_timeout(TURN_WITHIN);
        let postgres = Postgres::connect_with(options).await?;
        let schema = postgres.sql("{schema}_catalogue").into();
        let catalogue = Self { postgres, schema };
        migrate::migrate(&catalogue).await?;
        Ok(catalogue)
    }

    /// The rows that a statement answers with.
    async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, CatalogueError> {
        let client = self.postgres.client().await?;
        Ok(client.rows(&self.sql(sql), parameters).await?)
    }

    async fn select(&self, statement: &Statement) -> Result<Vec<Row>, CatalogueError> {
        let texts = statement.texts.iter();
        let parameters: Vec<Parameter<'_>> = texts.map(|text| (text as _, Type::TEXT)).collect();
        self.rows(&statement.sql, &parameters).await
    }

    /// A statement with the name of the schema filled in.
    fn sql(&self, text: &str) -> String {
        text.replace("{catalogue}", &self.schema)
    }

    /// Makes a change of a kind, once for each key.
    async fn change<T, R>(
        &self,
        kind: &'static str,
        context: &CommandContext,
        change: impl for<'t> FnOnce(Tables<'t>) -> BoxFuture<'t, Result<T, WriteError<R>>> + Send,
    ) -> Result<T, WriteError<R>>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        R: Serialize + DeserializeOwned + Send + Sync,
    {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        let tables = Tables {
            tx: &tx,
            catalogue: self,
        };
        let answer =
            first_answers::once(tables, kind, context.idempotency.as_ref(), change).await?;
        tx.commit().await?;
        answer.map_err(WriteError::Refused)
    }
}

/// The tables, as one transaction sees them.
#[derive(Clone, Copy)]
struct Tables<'t> {
    tx: &'t Transaction<'t>,
    catalogue: &'t PostgresCatalogue,
}

impl Tables<'_> {
    /// The rows that a statement answers with.
    async fn rows(
        self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, CatalogueError> {
        let sql = self.catalogue.sql(sql);
        Ok(self.tx.rows(&sql, parameters).await?)
    }

    /// Runs a statement and tells how many rows it changed.
    async fn execute(self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64, CatalogueError> {
        let sql = self.catalogue.sql(sql);
        Ok(self.tx.execute(&sql, parameters).await?)
    }

    /// True if there is a row with this text.
    async fn exists(self, sql: &str, text: &str) -> Result<bool, CatalogueError> {
        let rows = self.rows(sql, &[(&text, Type::TEXT)]).await?;
        Ok(!rows.is_empty())
    }
}

#[async_trait]
impl Catalogue for PostgresCatalogue {
    async fn add_category(
        &self,
        category: Category,
        context: &CommandContext,
    ) -> Result<Category, WriteError<CatalogueRefusal>> {
        self.change("add category", context, |tables| {
            Box::pin(categories::add(tables, category))
        })
        .await
    }

    async fn categories(
        &self,
        after: Option<AfterName>,
        limit: u32,
    ) -> Result<Vec<(AfterName, Category)>, CatalogueError> {
        let statement = select::categories(after.as_ref(), limit);
        let rows = self.select(&statement).await?;
        rows.iter().map(categories::read).collect()
    }

    async fn add_product(
        &self,
        product: NewProduct,
        context: &CommandContext,
    ) -> Result<Product, WriteError<CatalogueRefusal>> {
        self.change("add product", context, |tables| {
            Box::pin(products::add(tables, product))
        })
        .await
    }

    async fn change_product(
        &self,
        product: &ProductId,
        change: ProductChange,
        context: &CommandContext,
    ) -> Result<Product, WriteError<CatalogueRefusal>> {
        let (product, expected) = (product.clone(), context.expected);
        self.change("change product", context, |tables| {
            Box::pin(products::change(tables, product, change, expected))
        })
        .await
    }

    async fn remove_product(
        &self,
        product: &ProductId,
        context: &CommandContext,
    ) -> Result<(), WriteError<CatalogueRefusal>> {
        let (product, expected) = (product.clone(), context.expected);
        self.change("remove product", context, |tables| {
            Box::pin(products::remove(tables, product, expected))
        })
        .await
    }

    async fn product(&self, product: &ProductId) -> Result<Option<Product>, CatalogueError> {
        let sql = products::DIALECT.product();
        let id = product.as_str();
        let rows = self.rows(&sql, &[(&id, Type::TEXT)]).await?;
        let found = rows.first().map(products::read).transpose()?;
        Ok(found.map(|(_, product)| product))
    }

    async fn products(
        &self,
        selection: &ProductSelection,
    ) -> Result<Vec<(AfterName, Product)>, CatalogueError> {
        let statement = products::DIALECT.products(selection);
        let rows = self.select(&statement).await?;
        rows.iter().map(products::read).collect()
    }

    async fn move_stock(
        &self,
        order: &OrderId,
        movement: Movement,
        context: &CommandContext,
    ) -> Result<Reservation, WriteError<StockRefusal>> {
        let order = order.clone();
        self.change("move stock", context, |tables| {
            Box::pin(stock::carry_out(tables, order, movement))
        })
        .await
    }

    async fn stock(&self) -> Result<Vec<StockCount>, CatalogueError> {
        let rows = self.rows(STOCK, &[]).await?;
        rows.iter().map(stock::read_count).collect()
    }
}

impl From<PostgresError> for CatalogueError {
    fn from(error: PostgresError) -> Self {
        match error.is_unavailable() {
            true => Self::Unavailable(Arc::new(error)),
            false => Self::Failed(Arc::new(error)),
        }
    }
}

impl From<tokio_postgres::Error> for CatalogueError {
    fn from(error: tokio_postgres::Error) -> Self {
        PostgresError::from(error).into()
    }
}

impl<R> From<PostgresError> for WriteError<R> {
    fn from(error: PostgresError) -> Self {
        Self::Catalogue(error.into())
    }
}
