//! The catalogue: categories, products and their stock, as rows that are changed in place. It is the
//! part of the service that has no history: `docs/decisions/0031-the-catalogue-is-rows.md` says why.
//!
//! - the domain: [`Product`] and [`Category`], what [is asked](ProductSelection) of them, and why a
//!   change is refused ([`CatalogueRefusal`]);
//! - the stock: what is [held for an order](Reservation), and the [commands](ReserveStock) by which
//!   a checkout moves it;
//! - what keeps them: the [`Catalogue`], in `sqlite` and in `postgres`;
//! - routes, one file for each.

mod category;
mod contract;
mod error;
mod first_answer;
mod ids;
pub mod postgres;
mod product;
mod reservation;
mod select;
mod selection;
pub mod sqlite;
mod stock;
mod stored;
mod version;

pub use category::Category;
pub use contract::Catalogue;
pub use error::{CatalogueError, CatalogueRefusal, WriteError};
pub use ids::{CategoryId, OrderId, ProductId};
pub use product::{Attributes, NewProduct, Product, ProductChange};
pub use reservation::{
    Movement, Quantities, Reservation, ReservationState, ShortLine, StockCount, StockRefusal,
};
pub use selection::{AfterName, ProductSelection, SearchWords};
pub use stock::{ReleaseStock, ReserveStock, RestockOrder, SellStock, StockKeeper, StockLine};
