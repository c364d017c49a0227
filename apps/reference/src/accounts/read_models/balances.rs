//! `account_balances`: one row for each account.

use annals::{Aggregate, Projection, ReadModel, Recorded, StreamVersion, Timestamp};

use crate::accounts::ids::{AccountId, OwnerId};
use crate::accounts::{Account, AccountEvent, Status};
use crate::money::{Currency, Money};

/// An account as it is now.
#[derive(ReadModel, Debug, Clone, PartialEq, Eq)]
#[read_model(table = "account_balances", index(owner_id, status))]
pub struct AccountBalance {
    /// Which account.
    #[key]
    pub account_id: AccountId,
    /// Whose.
    pub owner_id: OwnerId,
    /// Whether it can be used.
    pub status: Status,
    /// In which currency; none before the first deposit.
    pub currency: Option<Currency>,
    /// Hundredths of it.
    pub balance_minor: i64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
    /// The version of its last event.
    pub version: StreamVersion,
}

impl AccountBalance {
    /// What is there: nothing, in US dollars, before the first deposit.
    pub fn balance(&self) -> Money {
        Money::of_minor(self.balance_minor, self.currency.unwrap_or(Currency::USD))
    }

    fn opened(account_id: &AccountId, owner_id: &OwnerId, at: Timestamp) -> Self {
        Self {
            account_id: account_id.clone(),
            owner_id: owner_id.clone(),
            status: Status::Active,
            currency: None,
            balance_minor: 0,
            opened_at: at,
            updated_at: at,
            version: StreamVersion::NONE,
        }
    }
}

impl Projection for AccountBalance {
    type Event = AccountEvent;
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];

    fn keys(event: &Recorded<AccountEvent>) -> Vec<AccountId> {
        // A stream of another making may have an id that no account can have.
        event.record.stream.id().parse().into_iter().collect()
    }

    fn fold(
        row: Option<Self>,
        account_id: &AccountId,
        event: &Recorded<AccountEvent>,
    ) -> Option<Self> {
        let (mut row, at) = match &event.event {
            AccountEvent::Opened {
                owner_id,
                opened_at,
                ..
            } => (Self::opened(account_id, owner_id, *opened_at), *opened_at),
            AccountEvent::Deposited {
                amount, timestamp, ..
            } => {
                let mut row = row?;
                row.currency = Some(amount.currency);
                row.balance_minor = row.balance_minor.saturating_add(amount.minor);
                (row, *timestamp)
            }
            AccountEvent::Withdrawn {
                amount, timestamp, ..
            } => {
                let mut row = row?;
                row.balance_minor = row.balance_minor.saturating_sub(amount.minor);
                (row, *timestamp)
            }
            AccountEvent::Closed { closed_at, .. } => {
                let mut row = row?;
                row.status = Status::Closed;
                (row, *closed_at)
            }
        };
        row.updated_at = at;
        row.version = event.record.version;
        Some(row)
    }
}
