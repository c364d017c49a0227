//! Why an account refuses a command.

use annals::http::Problem;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::ids::AccountId;
use super::reference::Reference;
use crate::money::{Currency, Money};

/// The rule that a command breaks. Kept under the command's idempotency key, so that a repeat
/// is refused for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There is no such account. **Do:** open it, or correct the id.
    #[error("there is no such account")]
    NotOpened,
    /// The id is taken. **Do:** choose another one.
    #[error("account {account_id} exists already")]
    AlreadyOpened {
        /// Which id.
        account_id: AccountId,
    },
    /// The account is closed for good. **Do:** use another account.
    #[error("the account is closed")]
    Closed,
    /// The account keeps another currency. **Do:** pay in its currency.
    #[error("the account is kept in {kept}, not in {asked}")]
    CurrencyMismatch {
        /// The account's currency.
        kept: Currency,
        /// The command's.
        asked: Currency,
    },
    /// The balance would fall below zero. **Do:** withdraw less.
    #[error("the balance is {balance}, {asked} was asked for")]
    InsufficientFunds {
        /// What is there.
        balance: Money,
        /// What was asked for.
        asked: Money,
    },
    /// The balance would rise above what can be kept. **Do:** deposit less.
    #[error("the balance is {balance} and can be at most {most}")]
    BalanceLimit {
        /// What is there.
        balance: Money,
        /// The most that can be.
        most: Money,
    },
    /// Money is left. **Do:** withdraw it before closing.
    #[error("the balance is {balance} and must be zero")]
    BalanceNotZero {
        /// What is there.
        balance: Money,
    },
    /// What is paid out as part of something may still have to be given back.
    /// **Do:** close the account once that has ended.
    #[error("{count} payments are not settled yet")]
    PaymentsPending {
        /// How many.
        count: usize,
    },
    /// Something was paid out as part of the same, and is not settled yet.
    /// **Do:** settle it or give it back before.
    #[error("a payment for {reference} is pending already")]
    AlreadyPending {
        /// Part of what.
        reference: Reference,
    },
    /// So much is not settled yet that nothing more can be. **Do:** try later.
    #[error("{most} payments are pending, and no more can be")]
    TooManyPending {
        /// The most that can be.
        most: usize,
    },
    /// Nothing was paid out as part of this, or it was settled or given back since.
    /// **Do:** give nothing back.
    #[error("no payment for {reference} is pending")]
    NothingPending {
        /// Part of what.
        reference: Reference,
    },
}

impl AccountError {
    /// The same for those whose account it may not be: without how much is on it.
    pub(crate) fn for_others(&self) -> String {
        match self {
            Self::InsufficientFunds { .. } => "insufficient funds".to_owned(),
            Self::BalanceLimit { .. } => "the balance would be too large".to_owned(),
            Self::BalanceNotZero { .. } => "money is left".to_owned(),
            other => other.to_string(),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        use AccountError as E;
        let (status, kind, title) = match error {
            E::NotOpened => (404, "not-found", "Not found"),
            E::AlreadyOpened { .. } => (409, "account-exists", "The account exists already"),
            E::Closed => (409, "account-closed", "The account is closed"),
            E::CurrencyMismatch { .. } => (422, "currency-mismatch", "Another currency is kept"),
            E::InsufficientFunds { .. } => (422, "insufficient-funds", "Not enough money is there"),
            E::BalanceLimit { .. } => (422, "balance-limit", "The balance would be too large"),
            E::BalanceNotZero { .. } => (422, "balance-not-zero", "Money is left"),
            E::PaymentsPending { .. } => (409, "payments-pending", "Payments are not settled yet"),
            E::AlreadyPending { .. } => (409, "already-pending", "The payment is pending already"),
            E::TooManyPending { .. } => (409, "too-many-pending", "Too many payments are pending"),
            E::NothingPending { .. } => (409, "nothing-pending", "No such payment is pending"),
        };
        let status = StatusCode::from_u16(status).expect("each status above is one");
        let problem = Self::new(status, kind, title).detail(error.to_string());
        match error {
            E::InsufficientFunds { balance, .. }
            | E::BalanceLimit { balance, .. }
            | E::BalanceNotZero { balance } => problem.with("balance", serde_json::json!(balance)),
            _ => problem,
        }
    }
}
