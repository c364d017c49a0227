//! What keeps the catalogue.

use annals::runtime::CommandContext;
use async_trait::async_trait;

use super::category::Category;
use super::error::{CatalogueError, CatalogueRefusal, WriteError};
use super::ids::{OrderId, ProductId};
use super::product::{NewProduct, Product, ProductChange};
use super::reservation::{Movement, Reservation, StockCount, StockRefusal};
use super::selection::{AfterName, ProductSelection};

/// Categories, products and their stock.
///
/// # Contract
///
/// 1. A change is made as a whole or not at all, and survives a crash once it was answered.
/// 2. Under an idempotency key a change is made once, and each repeat gets the first answer, also if that
///    was a refusal. The same key with another request is refused, but for another kind of change.
/// 3. The stock is never negative, and nothing of it is lost: see [`StockCount`].
/// 4. Those who change several products at once, in whatever order they name them, do not stop each other.
/// 5. What fails because of others, or because the database is away, is
///    [`Unavailable`](CatalogueError::Unavailable).
/// 6. A future that is dropped is a lost answer.
#[async_trait]
pub trait Catalogue: std::fmt::Debug + Send + Sync + 'static {
    /// Adds a category.
    ///
    /// # Errors
    /// [`CatalogueRefusal`] when its id or its name is taken.
    async fn add_category(
        &self,
        category: Category,
        context: &CommandContext,
    ) -> Result<Category, WriteError<CatalogueRefusal>>;

    /// Categories by name, each with its place.
    ///
    /// # Errors
    /// [`CatalogueError`].
    async fn categories(
        &self,
        after: Option<AfterName>,
        limit: u32,
    ) -> Result<Vec<(AfterName, Category)>, CatalogueError>;

    /// Adds a product.
    ///
    /// # Errors
    /// [`CatalogueRefusal`] when its id is taken or its category is not there.
    async fn add_product(
        &self,
        product: NewProduct,
        context: &CommandContext,
    ) -> Result<Product, WriteError<CatalogueRefusal>>;

    /// Changes a product, if it has the version that is expected.
    ///
    /// # Errors
    /// [`CatalogueRefusal`] when it is not there or its new category is not.
    async fn change_product(
        &self,
        product: &ProductId,
        change: ProductChange,
        context: &CommandContext,
    ) -> Result<Product, WriteError<CatalogueRefusal>>;

    /// Takes a product away, if it has the version that is expected.
    ///
    /// # Errors
    /// [`CatalogueRefusal`] when it is not there or orders name it.
    async fn remove_product(
        &self,
        product: &ProductId,
        context: &CommandContext,
    ) -> Result<(), WriteError<CatalogueRefusal>>;

    /// One product.
    ///
    /// # Errors
    /// [`CatalogueError`].
    async fn product(&self, product: &ProductId) -> Result<Option<Product>, CatalogueError>;

    /// Products by name, each with its place.
    ///
    /// # Errors
    /// [`CatalogueError`].
    async fn products(
        &self,
        selection: &ProductSelection,
    ) -> Result<Vec<(AfterName, Product)>, CatalogueError>;

    /// Moves stock for an order, all of it or none.
    ///
    /// # Errors
    /// [`StockRefusal`] when it is not there, or the order is past that.
    async fn move_stock(
        &self,
        order: &OrderId,
        movement: Movement,
        context: &CommandContext,
    ) -> Result<Reservation, WriteError<StockRefusal>>;

    /// Where the stock of each product is, by its id, all at one moment. No route tells it: it is for who
    /// suspects, or tests, that some of it was lost.
    ///
    /// # Errors
    /// [`CatalogueError`].
    async fn stock(&self) -> Result<Vec<StockCount>, CatalogueError>;
}
