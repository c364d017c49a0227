//! Noting that an order has arrived.

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

/// Note that an order has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    /// When.
    pub at: Timestamp,
}

impl Deliver {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        order.check_is(OrderStatus::Shipped)?;
        Ok(vec![OrderEvent::Delivered {
            delivered_at: self.at,
        }])
    }
}

/// Note that an order has arrived.
#[utoipa::path(
    post,
    path = "/orders/{id}/deliver",
    tag = "commands",
    params(OrderId, Command<OrderId>),
    responses(
        (status = 200, body = OrderAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn deliver_order(
    State(bank): State<Bank>,
    Command {
        request: order_id,
        context,
    }: Command<OrderId>,
) -> Result<Answer<OrderAnswer>, Problem> {
    let deliver = OrderCommand::Deliver(Deliver { at: bank.now() });
    let executed = bank.execute_for_order(&order_id, deliver, context).await?;
    Ok(OrderAnswer::ok(order_id, &executed))
}
