//! Saying that an order is complete.

use annals::Timestamp;
use annals::http::{Answer, Command, Problem};
use axum::extract::State;

use super::OrderId;
use super::answer::OrderAnswer;
use super::error::OrderError;
use super::events::OrderEvent;
use super::state::{Order, OrderCommand};
use super::status::OrderStatus;
use crate::bank::Bank;

/// Say that an order is complete. From then on it is not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// When.
    pub at: Timestamp,
}

impl Submit {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        order.check_is(OrderStatus::Draft)?;
        if order.items.is_empty() {
            return Err(OrderError::Empty);
        }
        Ok(vec![OrderEvent::Submitted {
            submitted_at: self.at,
        }])
    }
}

/// Say that an order is complete. From then on it is not changed.
#[utoipa::path(
    post,
    path = "/orders/{id}/submit",
    tag = "commands",
    params(OrderId, Command<OrderId>),
    responses(
        (status = 200, body = OrderAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn submit_order(
    State(bank): State<Bank>,
    Command {
        request: order_id,
        context,
    }: Command<OrderId>,
) -> Result<Answer<OrderAnswer>, Problem> {
    let submit = OrderCommand::Submit(Submit { at: bank.now() });
    let executed = bank.execute_for_order(&order_id, submit, context).await?;
    Ok(OrderAnswer::ok(order_id, &executed))
}
