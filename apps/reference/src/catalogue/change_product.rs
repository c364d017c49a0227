//! Changing a product.

use std::str::FromStr;

use annals::StreamVersion;
use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use axum::extract::State;
use utoipa::ToSchema;

use super::fields::{attributes, quantity};
use super::ids::{CategoryId, ProductId};
use super::product::{Attributes, Product, ProductChange, description, name};
use crate::bank::Bank;
use crate::money::Amount;

/// What is to be changed, as it is asked for. What is missing stays as it is.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase", as = ProductChange)]
#[expect(
    dead_code,
    reason = "it says what a change looks like, and is read as one"
)]
pub struct ChangeEntry {
    /// What it is called.
    name: Option<String>,
    /// What there is to say of it.
    description: Option<String>,
    /// What one of it costs. Orders keep the price at which a product was added to them.
    price: Option<Amount>,
    /// How many are on the shelf, as somebody counted them: send `If-Match` with the version that was
    /// there then, or what is reserved meanwhile is not noticed.
    stock_quantity: Option<u64>,
    /// Where it belongs.
    category_id: Option<CategoryId>,
    /// What else is known of it: all of it.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Attributes>,
}

impl FromFields for ProductChange {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            name: fields.optional("name", text(name)),
            description: fields.optional("description", text(description)),
            price: fields.optional("price", Amount::read),
            stock_quantity: fields.optional("stockQuantity", quantity),
            category_id: fields.optional("categoryId", text(CategoryId::from_str)),
            attributes: fields.optional("attributes", attributes),
        })
    }
}

/// Change a product.
#[utoipa::path(
    patch,
    path = "/products/{id}",
    tag = "commands",
    params(ProductId, Command<ProductChange>),
    request_body = ChangeEntry,
    responses(
        (status = 200, body = Product),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn change_product(
    State(bank): State<Bank>,
    Command {
        request: (product_id, change),
        context,
    }: Command<(ProductId, ProductChange)>,
) -> Result<Answer<Product>, Problem> {
    let product = bank
        .catalogue()
        .change_product(&product_id, change, &context)
        .await?;
    let version = StreamVersion(product.version);
    Ok(Answer::ok(product).version(version))
}
