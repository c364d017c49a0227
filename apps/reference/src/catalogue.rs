//! The catalogue: categories, products and their stock, as rows that are changed in place. It is the
//! part of the service that has no history: `docs/decisions/0031-the-catalogue-is-rows.md` says why.
//!
//! - the domain: [`Product`] and [`Category`], what [is asked](ProductSelection) of them, and why a
//!   change is refused ([`CatalogueRefusal`]);
//! - the stock: what is [held for an order](Reservation), and the [commands](ReserveStock) by which
//!   a checkout moves it;
//! - what keeps them: the [`Catalogue`], in [`sqlite`] and in [`postgres`], which share what `select`
//!   asks, what `stored` reads, and the `first_answer` to each idempotency key;
//! - routes, each with what it is asked: [`add_category`], [`list_categories`], [`add_product`],
//!   [`get_product`], [`change_product`], [`remove_product`] and [`list_products`];
//! - `demo`: a few products to look at.

mod category;
mod error;
mod ids;
mod product;
mod selection;
mod version;

mod reservation;
mod stock;

mod contract;
mod first_answer;
mod place;
pub mod postgres;
mod select;
pub mod sqlite;
mod stored;

pub mod add_category;
pub mod add_product;
pub mod change_product;
mod fields;
pub mod get_product;
pub mod list_categories;
pub mod list_products;
mod problem;
pub mod remove_product;

mod demo;

pub use category::Category;
pub use contract::Catalogue;
pub(crate) use demo::seed;
pub use error::{CatalogueError, CatalogueRefusal, WriteError};
pub use ids::{CategoryId, OrderId, ProductId};
pub(crate) use place::open;
pub use product::{Attributes, NewProduct, Product, ProductChange, UnfitAttributes};
pub use reservation::{
    Movement, Quantities, Reservation, ReservationState, ShortLine, StockCount, StockRefusal,
};
pub use selection::{AfterName, ProductSelection, SearchWords};
pub use stock::{ReleaseStock, ReserveStock, RestockOrder, SellStock, StockKeeper, StockLine};

use annals::Builder;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bank::Bank;

/// Declares who carries out the commands that move stock.
pub(crate) fn declare_commands(builder: Builder, stock: &StockKeeper) -> Builder {
    builder
        .command::<ReserveStock>(stock.clone())
        .command::<ReleaseStock>(stock.clone())
        .command::<SellStock>(stock.clone())
        .command::<RestockOrder>(stock.clone())
}

/// All routes under `/categories` and `/products`.
pub fn routes() -> OpenApiRouter<Bank> {
    OpenApiRouter::new()
        .routes(routes!(
            add_category::add_category,
            list_categories::list_categories
        ))
        .routes(routes!(
            add_product::add_product,
            list_products::list_products
        ))
        .routes(routes!(
            get_product::get_product,
            change_product::change_product,
            remove_product::remove_product
        ))
}
