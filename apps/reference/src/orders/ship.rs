//! Sending an order.

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

/// Send an order that is paid. From then on it cannot be cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ship {
    /// When.
    pub at: Timestamp,
}

impl Ship {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        order.check_is(OrderStatus::Paid)?;
        Ok(vec![OrderEvent::Shipped {
            shipped_at: self.at,
        }])
    }
}

/// Send an order that is paid. From then on it cannot be cancelled.
#[utoipa::path(
    post,
    path = "/orders/{id}/ship",
    tag = "commands",
    params(OrderId, Command<OrderId>),
    responses(
        (status = 200, body = OrderAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn ship_order(
    State(bank): State<Bank>,
    Command {
        request: order_id,
        context,
    }: Command<OrderId>,
) -> Result<Answer<OrderAnswer>, Problem> {
    let ship = OrderCommand::Ship(Ship { at: bank.now() });
    let executed = bank.execute_for_order(&order_id, ship, context).await?;
    Ok(OrderAnswer::ok(order_id, &executed))
}
