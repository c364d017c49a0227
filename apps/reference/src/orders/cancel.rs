//! Cancelling an order.

use annals::Timestamp;
use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use axum::extract::State;
use utoipa::ToSchema;

use super::OrderId;
use super::answer::OrderAnswer;
use super::error::OrderError;
use super::events::OrderEvent;
use super::state::{Order, OrderCommand};
use super::status::OrderStatus;
use crate::accounts::note;
use crate::bank::Bank;

/// Cancel an order that is not on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Cancel {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        use OrderStatus as S;
        match order.known_status()? {
            S::Draft | S::Pending | S::Paid => Ok(vec![OrderEvent::Cancelled {
                reason: self.reason,
                cancelled_at: self.at,
            }]),
            status @ (S::Shipped | S::Delivered | S::Cancelled) => {
                Err(OrderError::NotCancellable { status })
            }
        }
    }
}

/// A cancellation, as it is asked for. The body may be empty.
#[derive(Debug, Clone, ToSchema)]
pub struct Cancellation {
    /// Why; at most 500 characters.
    reason: Option<String>,
}

impl FromFields for Cancellation {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let reason = fields.optional("reason", text(note));
        Some(Self { reason })
    }
}

/// Cancel an order that is not on its way. A payment that is under way turns back; what was paid is
/// given back.
#[utoipa::path(
    post,
    path = "/orders/{id}/cancel",
    tag = "commands",
    params(OrderId, Command<Cancellation>),
    request_body = Option<Cancellation>,
    responses(
        (status = 200, body = OrderAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn cancel_order(
    State(bank): State<Bank>,
    Command {
        request: (order_id, cancellation),
        context,
    }: Command<(OrderId, Cancellation)>,
) -> Result<Answer<OrderAnswer>, Problem> {
    let cancel = OrderCommand::Cancel(Cancel {
        reason: cancellation.reason,
        at: bank.now(),
    });
    let executed = bank.execute_for_order(&order_id, cancel, context).await?;
    Ok(OrderAnswer::ok(order_id, &executed))
}
