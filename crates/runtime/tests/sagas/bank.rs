//! Accounts that never go below zero, and can be closed; and the commands to them.

use annals_core::payload::{self, Payload};
use annals_core::{Aggregate, Command, EncodeError, Event, EventSchema, EventStore};
use annals_runtime::{CommandContext, CommandHandler, Repository, ToAggregate};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Account {
    pub(crate) balance: i64,
    pub(crate) is_closed: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum AccountCommand {
    Deposit(i64),
    Withdraw(i64),
    Close,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    Deposited { cents: i64 },
    Withdrawn { cents: i64 },
    Closed {},
}

#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum AccountError {
    #[error("not enough money")]
    InsufficientFunds,
    #[error("closed")]
    Closed,
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
        match command {
            AccountCommand::Deposit(cents) => Ok(vec![AccountEvent::Deposited { cents }]),
            AccountCommand::Withdraw(cents) if cents > self.balance => {
                Err(AccountError::InsufficientFunds)
            }
            AccountCommand::Withdraw(cents) => Ok(vec![AccountEvent::Withdrawn { cents }]),
            AccountCommand::Close => Ok(vec![AccountEvent::Closed {}]),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Deposited { cents } => self.balance += cents,
            AccountEvent::Withdrawn { cents } => self.balance -= cents,
            AccountEvent::Closed {} => self.is_closed = true,
        }
    }
}

impl Event for AccountEvent {
    const SCHEMAS: &'static [EventSchema] = &[
        EventSchema::new("MoneyDeposited", "Deposited"),
        EventSchema::new("MoneyWithdrawn", "Withdrawn"),
        EventSchema::new("AccountClosed", "Closed"),
    ];

    fn schema(&self) -> &'static EventSchema {
        match self {
            Self::Deposited { .. } => &Self::SCHEMAS[0],
            Self::Withdrawn { .. } => &Self::SCHEMAS[1],
            Self::Closed {} => &Self::SCHEMAS[2],
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
    pub(crate) cents: i64,
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
    let address = |it: Withdraw| (it.account, AccountCommand::Withdraw(it.cents));
    ToAggregate::new(accounts.clone(), address, |done| done.state.balance)
}

pub(crate) fn deposits(accounts: &Repository<Account>) -> impl CommandHandler<Deposit> + use<> {
    let address = |it: Deposit| (it.account, AccountCommand::Deposit(it.cents));
    ToAggregate::new(accounts.clone(), address, |done| done.state.balance)
}

/// Opens an account with so much in it.
pub(crate) async fn open(store: &Arc<dyn EventStore>, account: &str, cents: i64) {
    execute(store, account, AccountCommand::Deposit(cents)).await;
}

pub(crate) async fn execute(store: &Arc<dyn EventStore>, account: &str, command: AccountCommand) {
    let accounts = accounts_in(store);
    let context = CommandContext::default();
    accounts.execute(account, command, context).await.unwrap();
}
