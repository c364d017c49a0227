//! Accounts that never go below zero, and can be closed; and the commands to them.
//!
//! A withdrawal has a reference, by which it is refunded: once, for what was taken, and whichever of
//! the two comes first.

use std::collections::BTreeMap;
use std::sync::Arc;

use annals_core::payload::{self, Payload};
use annals_core::{Aggregate, Command, EncodeError, Event, EventSchema, EventStore};
use annals_runtime::{CommandContext, CommandHandler, Repository, ToAggregate};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Account {
    pub(crate) balance: i64,
    is_closed: bool,
    /// What was taken and not refunded, by reference.
    taken: BTreeMap<String, i64>,
}

#[derive(Debug, Clone)]
pub(crate) enum AccountCommand {
    Deposit(i64),
    Withdraw { reference: String, cents: i64 },
    Refund { reference: String },
    Close,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    Deposited { cents: i64 },
    Withdrawn { reference: String, cents: i64 },
    Refunded { reference: String, cents: i64 },
    Closed {},
}

#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum AccountError {
    #[error("not enough money")]
    InsufficientFunds,
    #[error("closed")]
    Closed,
    #[error("refunded already")]
    Refunded,
}

impl Aggregate for Account {
    const CATEGORY: &'static str = "Account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;

    fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        if self.is_closed {
            return Err(AccountError::Closed);
        }
        Ok(vec![match command {
            AccountCommand::Deposit(cents) => AccountEvent::Deposited { cents },
            AccountCommand::Withdraw { reference, cents } => self.withdraw(reference, cents)?,
            AccountCommand::Refund { reference } => {
                let cents = self.taken.get(&reference).copied().unwrap_or(0);
                AccountEvent::Refunded { reference, cents }
            }
            AccountCommand::Close => AccountEvent::Closed {},
        }])
    }

    fn evolve(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Deposited { cents } => self.balance += cents,
            AccountEvent::Withdrawn { reference, cents } => {
                self.balance -= cents;
                self.taken.insert(reference.clone(), *cents);
            }
            AccountEvent::Refunded { reference, cents } => {
                self.balance += cents;
                self.taken.insert(reference.clone(), 0);
            }
            AccountEvent::Closed {} => self.is_closed = true,
        }
    }
}

impl Account {
    fn withdraw(&self, reference: String, cents: i64) -> Result<AccountEvent, AccountError> {
        if self.taken.contains_key(&reference) {
            return Err(AccountError::Refunded);
        }
        if cents > self.balance {
            return Err(AccountError::InsufficientFunds);
        }
        Ok(AccountEvent::Withdrawn { reference, cents })
    }
}

impl Event for AccountEvent {
    const SCHEMAS: &'static [EventSchema] = &[
        EventSchema::new("MoneyDeposited", "Deposited"),
        EventSchema::new("MoneyWithdrawn", "Withdrawn"),
        EventSchema::new("MoneyRefunded", "Refunded"),
        EventSchema::new("AccountClosed", "Closed"),
    ];

    fn schema(&self) -> &'static EventSchema {
        match self {
            Self::Deposited { .. } => &Self::SCHEMAS[0],
            Self::Withdrawn { .. } => &Self::SCHEMAS[1],
            Self::Refunded { .. } => &Self::SCHEMAS[2],
            Self::Closed {} => &Self::SCHEMAS[3],
        }
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(
        schema: &EventSchema,
        _: u32,
        payload: Payload<'_>,
    ) -> Result<Self, serde_json::Error> {
        payload::read(schema.variant, payload)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Withdraw {
    pub(crate) account: String,
    pub(crate) reference: String,
    pub(crate) cents: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) account: String,
    pub(crate) reference: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Deposit {
    pub(crate) account: String,
    pub(crate) cents: i64,
}

impl Command for Withdraw {
    const NAME: &'static str = "withdraw";
    type Reply = i64;
    type Refusal = AccountError;
}

impl Command for Refund {
    const NAME: &'static str = "refund";
    type Reply = ();
    type Refusal = AccountError;
}

impl Command for Deposit {
    const NAME: &'static str = "deposit";
    type Reply = i64;
    type Refusal = AccountError;
}

/// The accounts in a store, as one more process sees them.
pub(crate) fn accounts_in(store: &Arc<dyn EventStore>) -> Repository<Account> {
    Repository::new(Arc::clone(store))
}

pub(crate) fn withdrawals(accounts: &Repository<Account>) -> impl CommandHandler<Withdraw> + use<> {
    let address = |it: Withdraw| {
        let Withdraw {
            account,
            reference,
            cents,
        } = it;
        (account, AccountCommand::Withdraw { reference, cents })
    };
    ToAggregate::new(accounts.clone(), address, |done| done.state.balance)
}

pub(crate) fn refunds(accounts: &Repository<Account>) -> impl CommandHandler<Refund> + use<> {
    let address = |it: Refund| {
        let reference = it.reference;
        (it.account, AccountCommand::Refund { reference })
    };
    ToAggregate::new(accounts.clone(), address, |_| ())
}

pub(crate) fn deposits(accounts: &Repository<Account>) -> impl CommandHandler<Deposit> + use<> {
    let address = |it: Deposit| (it.account, AccountCommand::Deposit(it.cents));
    ToAggregate::new(accounts.clone(), address, |done| done.state.balance)
}

pub(crate) async fn execute(store: &Arc<dyn EventStore>, account: &str, command: AccountCommand) {
    let accounts = accounts_in(store);
    let context = CommandContext::default();
    accounts.execute(account, command, context).await.unwrap();
}
