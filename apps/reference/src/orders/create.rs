//! Creating an order.

use std::str::FromStr;

use annals::Timestamp;
use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use axum::extract::State;
use utoipa::ToSchema;

use super::OrderId;
use super::answer::OrderAnswer;
use super::error::OrderError;
use super::events::OrderEvent;
use super::state::{Order, OrderCommand};
use crate::bank::Bank;
use crate::users::UserId;

/// Create an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Which order.
    pub order_id: OrderId,
    /// Whose.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
}

impl Create {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        let Self {
            order_id,
            user_id,
            at,
        } = self;
        if order.creation.is_some() {
            return Err(OrderError::AlreadyCreated { order_id });
        }
        Ok(vec![OrderEvent::Created {
            order_id,
            user_id,
            created_at: at,
        }])
    }
}

/// A new order, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct NewOrder {
    /// Which order; a new id when it is missing.
    order_id: Option<OrderId>,
    /// Whose.
    user_id: UserId,
}

impl FromFields for NewOrder {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let order_id = fields.optional("orderId", text(OrderId::from_str));
        let user_id = fields.required("userId", text(UserId::from_str));
        Some(Self {
            order_id,
            user_id: user_id?,
        })
    }
}

/// Create an order.
#[utoipa::path(
    post,
    path = "/orders",
    tag = "commands",
    params(Command<NewOrder>),
    request_body = NewOrder,
    responses(
        (status = 201, body = OrderAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn create_order(
    State(bank): State<Bank>,
    Command { request, context }: Command<NewOrder>,
) -> Result<Answer<OrderAnswer>, Problem> {
    let order_id = request
        .order_id
        .unwrap_or_else(|| bank.new_order_id(&context));
    let create = OrderCommand::Create(Create {
        order_id: order_id.clone(),
        user_id: request.user_id,
        at: bank.now(),
    });
    let executed = bank.execute_for_order(&order_id, create, context).await?;
    Ok(OrderAnswer::created(order_id, &executed))
}
