//! Adding some of a product to an order.

use std::num::NonZeroU32;
use std::str::FromStr;

use annals::Timestamp;
use annals::http::{Answer, Command, Faults, Fields, FromFields, JsonValue, Problem, text};
use axum::extract::State;
use utoipa::ToSchema;

use super::OrderId;
use super::answer::OrderAnswer;
use super::error::OrderError;
use super::events::OrderEvent;
use super::items::MOST_OF_A_PRODUCT;
use super::state::{Order, OrderCommand};
use super::status::OrderStatus;
use crate::bank::Bank;
use crate::catalogue::ProductId;
use crate::money::Money;

/// Add some of a product to an order. What is there already adds up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddItem {
    /// Which product.
    pub product_id: ProductId,
    /// How many more.
    pub quantity: NonZeroU32,
    /// What the catalogue says that one of it costs. `None`: it has no such product.
    pub unit_price: Option<Money>,
    /// When.
    pub at: Timestamp,
}

impl AddItem {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        order.check_is(OrderStatus::Draft)?;
        let Self {
            product_id,
            quantity,
            unit_price,
            at,
        } = self;
        let Some(unit_price) = unit_price else {
            return Err(OrderError::UnknownProduct { product_id });
        };
        let (items, asked) = (&order.items, unit_price.currency);
        if let Some(kept) = items.currency().filter(|kept| *kept != asked) {
            return Err(OrderError::CurrencyMismatch { kept, asked });
        }
        let items = items.clone().with(&product_id, quantity, unit_price);
        items.check()?;
        Ok(vec![OrderEvent::ItemAdded {
            product_id,
            quantity,
            unit_price,
            added_at: at,
        }])
    }
}

/// Some of a product, as it is asked for. What it costs is up to the catalogue.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct NewItem {
    /// Which product.
    product_id: ProductId,
    /// How many more.
    #[schema(value_type = u32, minimum = 1, maximum = 10_000)]
    quantity: NonZeroU32,
}

impl FromFields for NewItem {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let product_id = fields.required("productId", text(ProductId::from_str));
        let quantity = fields.required("quantity", quantity);
        Some(Self {
            product_id: product_id?,
            quantity: quantity?,
        })
    }
}

fn quantity(value: JsonValue) -> Result<NonZeroU32, Faults> {
    let number: Option<NonZeroU32> = match value {
        JsonValue::Number(digits) => digits.parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| number.get() <= MOST_OF_A_PRODUCT);
    let fault = || {
        Faults::whole(format!(
            "must be a whole number from 1 to {MOST_OF_A_PRODUCT}"
        ))
    };
    number.ok_or_else(fault)
}

/// Add some of a product to an order.
#[utoipa::path(
    post,
    path = "/orders/{id}/items",
    tag = "commands",
    params(OrderId, Command<NewItem>),
    request_body = NewItem,
    responses(
        (status = 200, body = OrderAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn add_item(
    State(bank): State<Bank>,
    Command {
        request: (order_id, item),
        context,
    }: Command<(OrderId, NewItem)>,
) -> Result<Answer<OrderAnswer>, Problem> {
    let product = bank.catalogue().product(&item.product_id).await?;
    let add = OrderCommand::AddItem(AddItem {
        product_id: item.product_id,
        quantity: item.quantity,
        unit_price: product.map(|product| product.price),
        at: bank.now(),
    });
    let executed = bank.execute_for_order(&order_id, add, context).await?;
    Ok(OrderAnswer::ok(order_id, &executed))
}
