//! Paying in.

use annals::Timestamp;
use annals::http::{Answer, Command, Fields, FromFields, Problem, text};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::AccountError;
use super::events::AccountEvent;
use super::ids::AccountId;
use super::reference::Reference;
use super::state::{Account, AccountCommand};
use super::texts::note;
use crate::bank::{AccountExecuted, Bank};
use crate::money::{Amount, Money};

/// Pay money in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    /// How much. The first deposit sets the account's currency.
    pub amount: Amount,
    /// What for.
    pub description: Option<String>,
    /// What it is part of; if that is pending, it is no longer.
    pub reference: Option<Reference>,
    /// When.
    pub at: Timestamp,
}

impl Deposit {
    pub(super) fn decide(self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        account.check_payment(self.amount)?;
        let amount = self.amount.money();
        if account.minor_with_pending() > Money::MAX_MINOR - amount.minor {
            let balance = account.balance();
            let most = Money::of_minor(Money::MAX_MINOR, amount.currency);
            return Err(AccountError::BalanceLimit { balance, most });
        }
        Ok(vec![AccountEvent::Deposited {
            amount,
            description: self.description,
            reference: self.reference,
            timestamp: self.at,
        }])
    }
}

/// A deposit or a withdrawal, as it is asked for.
#[derive(Debug, Clone, ToSchema)]
pub struct Payment {
    /// How much.
    pub amount: Amount,
    /// What for; at most 500 characters.
    pub description: Option<String>,
}

impl FromFields for Payment {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let amount = fields.required("amount", Amount::read);
        let description = fields.optional("description", text(note));
        Some(Self {
            amount: amount?,
            description,
        })
    }
}

/// What a deposit or a withdrawal led to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    account_id: AccountId,
    new_balance: Money,
    version: u64,
}

impl Paid {
    pub(super) fn answer(account_id: AccountId, executed: &AccountExecuted) -> Answer<Self> {
        let paid = Self {
            account_id,
            new_balance: executed.state.balance(),
            version: executed.version.0,
        };
        Answer::ok(paid)
            .version(executed.version)
            .position(executed.position)
    }
}

/// Pay money in.
#[utoipa::path(
    post,
    path = "/accounts/{id}/deposit",
    tag = "commands",
    params(AccountId, Command<Payment>),
    request_body = Payment,
    responses(
        (status = 200, body = Paid),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn deposit_money(
    State(bank): State<Bank>,
    Command {
        request: (account_id, payment),
        context,
    }: Command<(AccountId, Payment)>,
) -> Result<Answer<Paid>, Problem> {
    let deposit = AccountCommand::Deposit(Deposit {
        amount: payment.amount,
        description: payment.description,
        reference: None,
        at: bank.now(),
    });
    let executed = bank.execute(&account_id, deposit, context).await?;
    Ok(Paid::answer(account_id, &executed))
}
