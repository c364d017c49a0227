//! Versions of rows, and what is expected of them.

use annals::ExpectedVersion;

use super::error::{CatalogueRefusal, WriteError};
use super::ids::ProductId;
use super::product::Product;

/// The product that was found, which must be there and have the version that is expected.
pub(super) fn check(
    product_id: &ProductId,
    found: Option<Product>,
    expected: Option<ExpectedVersion>,
) -> Result<Product, WriteError<CatalogueRefusal>> {
    let actual = found.as_ref().map_or(0, |product| product.version);
    let fits = match expected {
        None | Some(ExpectedVersion::Any) => true,
        Some(ExpectedVersion::NoStream) => actual == 0,
        Some(ExpectedVersion::Exists) => actual > 0,
        Some(ExpectedVersion::At(version)) => actual == version.0,
    };
    if !fits {
        return Err(WriteError::VersionMismatch { actual });
    }
    let product_id = product_id.clone();
    found.ok_or_else(|| CatalogueRefusal::NoProduct { product_id }.into())
}
