//! An account and its balance, to try given/when/then on.

use annals_core::{Aggregate, Projection, Recorded, Timestamp};
use annals_macros::{Event, ReadModel};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default)]
pub(super) struct Account {
    balance: i64,
}

#[derive(Debug)]
pub(super) enum AccountCommand {
    Withdraw { amount: i64 },
}

#[derive(Event, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum AccountEvent {
    Deposited { amount: i64 },
    Withdrawn { amount: i64 },
    Closed,
}

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub(super) enum AccountError {
    #[error("only {balance} there")]
    InsufficientFunds { balance: i64 },
}

impl Aggregate for Account {
    const CATEGORY: &'static str = "Account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;

    fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        let AccountCommand::Withdraw { amount } = command;
        match amount {
            0 => Ok(vec![]),
            amount if amount > self.balance => {
                let balance = self.balance;
                Err(AccountError::InsufficientFunds { balance })
            }
            amount => Ok(vec![AccountEvent::Withdrawn { amount }]),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        self.balance += event.change();
    }
}

impl AccountEvent {
    pub(super) fn change(&self) -> i64 {
        match self {
            Self::Deposited { amount } => *amount,
            Self::Withdrawn { amount } => -amount,
            Self::Closed => 0,
        }
    }
}

/// The row of an account that is open.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub(super) struct Balance {
    #[key]
    pub(super) account: String,
    pub(super) amount: i64,
    pub(super) changes: u32,
    pub(super) changed_at: Timestamp,
}

impl Projection for Balance {
    type Event = AccountEvent;
    const CATEGORIES: &'static [&'static str] = &["Account"];

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(row: Option<Self>, key: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        if event.event == AccountEvent::Closed {
            return None;
        }
        let (amount, changes) = row.map_or((0, 0), |row| (row.amount, row.changes));
        Some(Self {
            account: key.clone(),
            amount: amount + event.event.change(),
            changes: changes + 1,
            changed_at: event.record.recorded_at,
        })
    }
}
