//! Paying out.

use annals::Timestamp;
use annals::http::{Answer, Command, Problem};
use axum::extract::State;

use super::deposit::{Paid, Payment};
use super::error::AccountError;
use super::events::AccountEvent;
use super::ids::AccountId;
use super::reference::Reference;
use super::state::{Account, AccountCommand};
use crate::bank::Bank;
use crate::money::Amount;

/// Pay money out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdraw {
    /// How much.
    pub amount: Amount,
    /// What for.
    pub description: Option<String>,
    /// What it is part of: then it is pending until it is settled or given back.
    pub reference: Option<Reference>,
    /// When.
    pub at: Timestamp,
}

impl Withdraw {
    pub(super) fn decide(self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        account.check_payment(self.amount)?;
        let (balance, asked) = (account.balance(), self.amount.money());
        if balance.minor < asked.minor {
            return Err(AccountError::InsufficientFunds { balance, asked });
        }
        if let Some(reference) = &self.reference {
            account.check_pending(reference)?;
        }
        Ok(vec![AccountEvent::Withdrawn {
            amount: asked,
            description: self.description,
            reference: self.reference,
            timestamp: self.at,
        }])
    }
}

/// Pay money out. The balance never falls below zero.
#[utoipa::path(
    post,
    path = "/accounts/{id}/withdraw",
    tag = "commands",
    params(AccountId, Command<Payment>),
    request_body = Payment,
    responses(
        (status = 200, body = Paid),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn withdraw_money(
    State(bank): State<Bank>,
    Command {
        request: (account_id, payment),
        context,
    }: Command<(AccountId, Payment)>,
) -> Result<Answer<Paid>, Problem> {
    let withdraw = AccountCommand::Withdraw(Withdraw {
        amount: payment.amount,
        description: payment.description,
        reference: None,
        at: bank.now(),
    });
    let executed = bank.execute(&account_id, withdraw, context).await?;
    Ok(Paid::answer(account_id, &executed))
}
