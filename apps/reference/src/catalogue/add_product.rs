//! Adding a product.

use std::str::FromStr;

use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use annals::{IdSource, RandomIds, StreamVersion};
use axum::extract::State;
use utoipa::ToSchema;

use super::fields::{attributes, quantity};
use super::ids::{CategoryId, ProductId};
use super::product::{Attributes, NewProduct, Product, description, name};
use crate::bank::Bank;
use crate::money::Amount;

/// A product, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct ProductEntry {
    /// Which one; a new id when it is missing.
    product_id: Option<ProductId>,
    /// What it is called.
    name: String,
    /// What there is to say of it.
    description: Option<String>,
    /// What one of it costs.
    price: Amount,
    /// How many there are; none when it is missing.
    stock_quantity: Option<u64>,
    /// Where it belongs.
    category_id: CategoryId,
    /// What else is known of it.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Attributes>,
}

impl FromFields for ProductEntry {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let product_id = fields.optional("productId", text(ProductId::from_str));
        let name = fields.required("name", text(name));
        let description = fields.optional("description", text(description));
        let price = fields.required("price", Amount::read);
        let stock_quantity = fields.optional("stockQuantity", quantity);
        let category_id = fields.required("categoryId", text(CategoryId::from_str));
        let attributes = fields.optional("attributes", attributes);
        Some(Self {
            product_id,
            name: name?,
            description,
            price: price?,
            stock_quantity,
            category_id: category_id?,
            attributes,
        })
    }
}

impl ProductEntry {
    fn product(self) -> NewProduct {
        let new = || RandomIds.next().to_string().parse();
        NewProduct {
            product_id: self
                .product_id
                .unwrap_or_else(|| new().expect("a UUID is a valid product id")),
            name: self.name,
            description: self.description.unwrap_or_default(),
            price: self.price,
            stock_quantity: self.stock_quantity.unwrap_or_default(),
            category_id: self.category_id,
            attributes: self.attributes.unwrap_or_default(),
        }
    }
}

/// Add a product.
#[utoipa::path(
    post,
    path = "/products",
    tag = "commands",
    params(Command<ProductEntry>),
    request_body = ProductEntry,
    responses(
        (status = 201, body = Product),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn add_product(
    State(bank): State<Bank>,
    Command { request, context }: Command<ProductEntry>,
) -> Result<Answer<Product>, Problem> {
    let product = bank
        .catalogue()
        .add_product(request.product(), &context)
        .await?;
    let version = StreamVersion(product.version);
    let location = format!("/products/{}", product.product_id);
    Ok(Answer::created(&location, product).version(version))
}
