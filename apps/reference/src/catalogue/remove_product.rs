//! Taking a product away.

use annals::http::{Command, Problem};
use axum::extract::State;
use axum::http::StatusCode;

use super::ids::ProductId;
use crate::bank::Bank;

/// Take a product away that no order ever named. One that was ordered stays, since orders lead to it:
/// set its stock to 0.
#[utoipa::path(
    delete,
    path = "/products/{id}",
    tag = "commands",
    params(ProductId, Command<ProductId>),
    responses(
        (status = 204),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn remove_product(
    State(bank): State<Bank>,
    Command {
        request: product_id,
        context,
    }: Command<ProductId>,
) -> Result<StatusCode, Problem> {
    let catalogue = bank.catalogue();
    catalogue.remove_product(&product_id, &context).await?;
    Ok(StatusCode::NO_CONTENT)
}
