//! Why the catalogue was not changed, or does not answer.

use annals::Cause;
use annals::runtime::{CommandFault, Rejection};
use serde::{Deserialize, Serialize};

use super::ids::{CategoryId, ProductId};
use super::reservation::StockRefusal;

/// Why the catalogue does not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// The database is down, busy or locked, or gave the work up for that of others. Whether a change
    /// was made is not known.
    /// **Do:** back off, then ask again; a change under the same idempotency key.
    #[error("the catalogue cannot be used now: {0}")]
    Unavailable(#[source] Cause),
    /// The database refuses what it is asked, or holds what was never written.
    /// **Do:** look at its message and at the tables; the same will fail again.
    #[error("the catalogue failed: {0}")]
    Failed(#[source] Cause),
}

/// Why a change was not made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError<R> {
    /// A rule forbids it. It stays so under the same idempotency key.
    /// **Do:** something else.
    #[error("refused")]
    Refused(R),
    /// It has another version than the one that was expected, and nothing was changed.
    /// **Do:** read it again and decide again.
    #[error("the version is {actual}")]
    VersionMismatch {
        /// Its version; 0 if it is not there.
        actual: u64,
    },
    /// The idempotency key came with another request before.
    /// **Do:** give each request a key of its own.
    #[error("key {key} was used for another request")]
    KeyReused {
        /// Which key.
        key: String,
    },
    /// The catalogue does not answer.
    /// **Do:** what its own message says.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// The rule that a change of the catalogue breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(
    tag = "rule",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum CatalogueRefusal {
    /// The id is taken. **Do:** choose another one.
    #[error("category {category_id} exists already")]
    CategoryExists {
        /// Which id.
        category_id: CategoryId,
    },
    /// The name is taken. **Do:** use that category, or choose another name.
    #[error("a category is called {name} already")]
    CategoryNameTaken {
        /// Which name.
        name: String,
    },
    /// There is no such category. **Do:** add it, or correct the id.
    #[error("there is no category {category_id}")]
    NoCategory {
        /// Which id.
        category_id: CategoryId,
    },
    /// The id is taken. **Do:** choose another one.
    #[error("product {product_id} exists already")]
    ProductExists {
        /// Which id.
        product_id: ProductId,
    },
    /// There is no such product. **Do:** correct the id.
    #[error("there is no product {product_id}")]
    NoProduct {
        /// Which id.
        product_id: ProductId,
    },
    /// Orders name it. **Do:** set its stock to 0, so that nobody orders it any more.
    #[error("orders name product {product_id}")]
    ProductOrdered {
        /// Which id.
        product_id: ProductId,
    },
}

impl From<CatalogueRefusal> for WriteError<CatalogueRefusal> {
    fn from(refusal: CatalogueRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StockRefusal> for WriteError<StockRefusal> {
    fn from(refusal: StockRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// For whoever sent it as a command: what is no refusal may succeed another time.
impl<R> From<WriteError<R>> for CommandFault<R>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: WriteError<R>) -> Self {
        match error {
            WriteError::Refused(refusal) => Self::Refused(refusal),
            WriteError::KeyReused { key } => Rejection::KeyReused { key }.into(),
            WriteError::Catalogue(error) => Self::transient(error),
            mismatch @ WriteError::VersionMismatch { .. } => Self::transient(mismatch),
        }
    }
}
