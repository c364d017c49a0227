//! Taking a product out of an order.

use std::str::FromStr;

use annals::Timestamp;
use annals::http::openapi::path_parameter;
use annals::http::{Answer, Command, Fields, FromFields, Problem};
use axum::extract::State;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::OrderId;
use super::answer::OrderAnswer;
use super::error::OrderError;
use super::events::OrderEvent;
use super::state::{Order, OrderCommand};
use super::status::OrderStatus;
use crate::bank::Bank;
use crate::catalogue::ProductId;

/// Take all of a product out of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveItem {
    /// Which product.
    pub product_id: ProductId,
    /// When.
    pub at: Timestamp,
}

impl RemoveItem {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        order.check_is(OrderStatus::Draft)?;
        let product_id = self.product_id;
        if !order.items.contains(&product_id) {
            return Err(OrderError::NoSuchItem { product_id });
        }
        Ok(vec![OrderEvent::ItemRemoved {
            product_id,
            removed_at: self.at,
        }])
    }
}

/// The `{productId}` of the path.
#[derive(Debug, Clone)]
pub struct ItemPath(ProductId);

impl FromFields for ItemPath {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("productId", ProductId::from_str).map(Self)
    }
}

impl utoipa::IntoParams for ItemPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter(
            "productId",
            "Which product.",
            utoipa::schema!(
                #[inline]
                ProductId
            ),
        )]
    }
}

/// Take all of a product out of an order.
#[utoipa::path(
    delete,
    path = "/orders/{id}/items/{productId}",
    tag = "commands",
    params(OrderId, ItemPath, Command<()>),
    responses(
        (status = 200, body = OrderAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn remove_item(
    State(bank): State<Bank>,
    Command {
        request: (order_id, ItemPath(product_id)),
        context,
    }: Command<(OrderId, ItemPath)>,
) -> Result<Answer<OrderAnswer>, Problem> {
    let remove = OrderCommand::RemoveItem(RemoveItem {
        product_id,
        at: bank.now(),
    });
    let executed = bank.execute_for_order(&order_id, remove, context).await?;
    Ok(OrderAnswer::ok(order_id, &executed))
}
