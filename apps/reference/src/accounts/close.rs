//! Closing an account.

use annals::Timestamp;
use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::AccountError;
use super::events::AccountEvent;
use super::ids::AccountId;
use super::state::{Account, AccountCommand, Status};
use super::texts::note;
use crate::bank::Bank;

/// Close an account for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Close {
    pub(super) fn decide(self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        account.check_active()?;
        let balance = account.balance();
        if !balance.is_zero() {
            return Err(AccountError::BalanceNotZero { balance });
        }
        if !account.pending.is_empty() {
            let count = account.pending.len();
            return Err(AccountError::PaymentsPending { count });
        }
        Ok(vec![AccountEvent::Closed {
            reason: self.reason,
            closed_at: self.at,
        }])
    }
}

/// A closing, as it is asked for. The body may be empty.
#[derive(Debug, Clone, ToSchema)]
pub struct Closing {
    /// Why; at most 500 characters.
    reason: Option<String>,
}

impl FromFields for Closing {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let reason = fields.optional("reason", text(note));
        Some(Self { reason })
    }
}

/// What a closing led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Closed {
    account_id: AccountId,
    status: Status,
}

/// Close an account, which must be empty, for good.
#[utoipa::path(
    post,
    path = "/accounts/{id}/close",
    tag = "commands",
    params(AccountId, Command<Closing>),
    request_body = Option<Closing>,
    responses(
        (status = 200, body = Closed),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn close_account(
    State(bank): State<Bank>,
    Command {
        request: (account_id, closing),
        context,
    }: Command<(AccountId, Closing)>,
) -> Result<Answer<Closed>, Problem> {
    let close = AccountCommand::Close(Close {
        reason: closing.reason,
        at: bank.now(),
    });
    let executed = bank.execute(&account_id, close, context).await?;
    let status = executed.state.status();
    let closed = Answer::ok(Closed { account_id, status });
    Ok(closed.version(executed.version).position(executed.position))
}
