//! An account and its balance, written by hand, to try given/when/then on.

use annals_core::{
    Aggregate, Column, ColumnError, EncodeError, Event, EventSchema, Index, Projection, ReadModel,
    Recorded, Timestamp, Value, payload,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default)]
pub(super) struct Account {
    balance: i64,
}

#[derive(Debug)]
pub(super) enum AccountCommand {
    Withdraw { amount: i64 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    fn change(&self) -> i64 {
        match self {
            Self::Deposited { amount } => *amount,
            Self::Withdrawn { amount } => -amount,
            Self::Closed => 0,
        }
    }
}

impl Event for AccountEvent {
    const SCHEMAS: &'static [EventSchema] = &[
        schema_named("Deposited"),
        schema_named("Withdrawn"),
        schema_named("Closed"),
    ];

    fn schema(&self) -> &'static EventSchema {
        match self {
            Self::Deposited { .. } => &Self::SCHEMAS[0],
            Self::Withdrawn { .. } => &Self::SCHEMAS[1],
            Self::Closed => &Self::SCHEMAS[2],
        }
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(payload::to_json(self)?)
    }

    fn decode(schema: &EventSchema, json: &[u8]) -> Result<Self, serde_json::Error> {
        payload::from_json(schema.name, json)
    }
}

const fn schema_named(name: &'static str) -> EventSchema {
    EventSchema {
        name,
        version: 1,
        upcasters: &[],
    }
}

/// The row of an account that is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Balance {
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

/// Nothing of this test is kept in a database.
impl ReadModel for Balance {
    type Key = String;
    const TABLE: &'static str = "balances";
    const COLUMNS: &'static [Column] = &[];
    const INDEXES: &'static [Index] = &[];

    fn key(&self) -> String {
        self.account.clone()
    }

    fn key_values(_: &String) -> Vec<Value> {
        Vec::new()
    }

    fn to_values(&self) -> Vec<Value> {
        Vec::new()
    }

    fn from_values(_: Vec<Value>) -> Result<Self, ColumnError> {
        Err(ColumnError {
            column: "",
            value: Value::Null,
        })
    }
}
