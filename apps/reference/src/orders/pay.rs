//! Beginning to pay an order.

use std::str::FromStr;
use std::time::Duration;

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
use crate::accounts::AccountId;
use crate::bank::Bank;

/// Begin to pay an order: its checkout does the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pay {
    /// From which account.
    pub account_id: AccountId,
    /// How long it may take.
    pub timeout: Duration,
    /// When.
    pub at: Timestamp,
}

impl Pay {
    pub(super) fn decide(self, order: &Order) -> Result<Vec<OrderEvent>, OrderError> {
        order.check_is(OrderStatus::Pending)?;
        if order.payment.is_some() {
            return Err(OrderError::PaymentUnderWay);
        }
        Ok(vec![OrderEvent::PaymentRequested {
            account_id: self.account_id,
            total: order.items.total(),
            lines: order.items.lines(),
            timeout_ms: self.timeout.as_millis().try_into().unwrap_or(u64::MAX),
            requested_at: self.at,
        }])
    }
}

/// A payment, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OrderPayment {
    /// From which account.
    account_id: AccountId,
}

impl FromFields for OrderPayment {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let account_id = fields.required("accountId", text(AccountId::from_str));
        Some(Self {
            account_id: account_id?,
        })
    }
}

/// Begin to pay an order.
///
/// Its checkout keeps what is ordered, then takes the money. The order tells how that ended: it is
/// `paid`, or `cancelled` with the reason, and nothing was charged.
#[utoipa::path(
    post,
    path = "/orders/{id}/pay",
    tag = "commands",
    params(OrderId, Command<OrderPayment>),
    request_body = OrderPayment,
    responses(
        (status = 202, body = OrderAnswer),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn pay_order(
    State(bank): State<Bank>,
    Command {
        request: (order_id, payment),
        context,
    }: Command<(OrderId, OrderPayment)>,
) -> Result<Answer<OrderAnswer>, Problem> {
    // A slip of the pen must not cost the order. No account that was known is ever unknown again.
    bank.check_known(&payment.account_id).await?;
    let pay = OrderCommand::Pay(Pay {
        account_id: payment.account_id,
        timeout: bank.checkout_timeout(),
        at: bank.now(),
    });
    let executed = bank.execute_for_order(&order_id, pay, context).await?;
    Ok(OrderAnswer::accepted(order_id, &executed))
}
