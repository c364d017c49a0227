//! One product, as it is now.

use annals::StreamVersion;
use annals::http::{Answer, Parameters, Problem};
use axum::extract::State;

use super::error::CatalogueRefusal;
use super::ids::ProductId;
use super::product::Product;
use crate::bank::Bank;

/// One product.
#[utoipa::path(
    get,
    path = "/products/{id}",
    tag = "queries",
    params(ProductId),
    responses(
        (status = 200, body = Product),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn get_product(
    State(bank): State<Bank>,
    Parameters(product_id): Parameters<ProductId>,
) -> Result<Answer<Product>, Problem> {
    let product = bank.catalogue().product(&product_id).await?;
    let product = product.ok_or(CatalogueRefusal::NoProduct { product_id })?;
    let version = StreamVersion(product.version);
    Ok(Answer::ok(product).version(version))
}
