//! `account_balances`: one row for each account.

use annals::{Aggregate, Projection, ReadModel, StreamVersion, Timestamp};

use crate::accounts::ids::{AccountId, OwnerId};
use crate::accounts::{Account, AccountEvent, Status};
use crate::money::{Currency, Money};

/// An account as it is now.
#[derive(ReadModel, Projection, Debug, Clone, PartialEq, Eq)]
#[read_model(table = "account_balances", index(owner_id, status))]
#[projection(event = AccountEvent, categories(Account::CATEGORY), create_on(Opened))]
pub struct AccountBalance {
    /// Which account.
    #[key]
    #[from(stream_id)]
    pub account_id: AccountId,
    /// Whose.
    #[from(Opened.owner_id)]
    pub owner_id: OwnerId,
    /// Whether it can be used.
    #[from(Opened => Status::Active, Closed => Status::Closed)]
    pub status: Status,
    /// In which currency; none before the first deposit.
    #[from(Deposited.amount.currency)]
    pub currency: Option<Currency>,
    /// Hundredths of it.
    #[sum(Deposited.amount.minor, -Withdrawn.amount.minor)]
    pub balance_minor: i64,
    /// When it was opened.
    #[from(Opened.opened_at)]
    pub opened_at: Timestamp,
    /// When something last happened to it.
    #[from(Opened.opened_at, Deposited.timestamp, Withdrawn.timestamp, Settled.settled_at, Closed.closed_at)]
    pub updated_at: Timestamp,
    /// The version of its last event.
    #[from(version)]
    pub version: StreamVersion,
}

impl AccountBalance {
    /// What is there: nothing, in US dollars, before the first deposit.
    pub fn balance(&self) -> Money {
        Money::of_minor(self.balance_minor, self.currency.unwrap_or(Currency::USD))
    }
}
