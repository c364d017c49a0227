//! The aggregate these tests send commands to: an account that never goes below zero.

use std::sync::Arc;

use annals_core::payload::{self, Payload};
use annals_core::{
    Aggregate, EncodeError, Event, EventSchema, EventStore, Read, RecordedEvent, Snapshot, Source,
    StreamId, Upcaster,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{CommandContext, IdempotencyKey, Repository};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Account {
    pub(crate) balance: i64,
    pub(crate) turnover: i64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum AccountCommand {
    Deposit(i64),
    Withdraw(i64),
    /// Takes one amount and gives another: two events.
    Exchange(i64, i64),
    /// Leads to nothing.
    LookAt,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    MoneyDeposited { cents: i64 },
    MoneyWithdrawn { cents: i64 },
}

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("only {balance} cents are there")]
pub(crate) struct InsufficientFunds {
    pub(crate) balance: i64,
}

impl Aggregate for Account {
    const CATEGORY: &'static str = "Account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = InsufficientFunds;

    fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, InsufficientFunds> {
        match command {
            AccountCommand::Deposit(cents) => Ok(vec![AccountEvent::MoneyDeposited { cents }]),
            AccountCommand::Withdraw(cents) => Ok(vec![self.withdraw(cents)?]),
            AccountCommand::Exchange(out, back) => Ok(vec![
                self.withdraw(out)?,
                AccountEvent::MoneyDeposited { cents: back },
            ]),
            AccountCommand::LookAt => Ok(vec![]),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        let change = match event {
            AccountEvent::MoneyDeposited { cents } => *cents,
            AccountEvent::MoneyWithdrawn { cents } => -cents,
        };
        self.balance += change;
        self.turnover += change.abs();
    }
}

impl Account {
    fn withdraw(&self, cents: i64) -> Result<AccountEvent, InsufficientFunds> {
        let balance = self.balance;
        if cents > balance {
            return Err(InsufficientFunds { balance });
        }
        Ok(AccountEvent::MoneyWithdrawn { cents })
    }
}

impl Snapshot for Account {
    const FOLD_REVISION: u32 = 1;
}

impl Event for AccountEvent {
    const SCHEMAS: &'static [EventSchema] = &[
        // The first version counted whole units.
        EventSchema::new("MoneyDeposited", "MoneyDeposited").at(
            2,
            &[Upcaster::json(
                1,
                |old| json!({ "cents": old["units"].as_i64().map(|units| units * 100) }),
            )],
        ),
        EventSchema::new("MoneyWithdrawn", "MoneyWithdrawn"),
    ];

    fn schema(&self) -> &'static EventSchema {
        match self {
            Self::MoneyDeposited { .. } => &Self::SCHEMAS[0],
            Self::MoneyWithdrawn { .. } => &Self::SCHEMAS[1],
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

/// An empty store.
pub(crate) fn new_store() -> Arc<EmbeddedStore> {
    Arc::new(EmbeddedStore::in_memory().expect("memory suffices"))
}

/// The accounts in a store, as one more process sees them.
pub(crate) fn accounts_in(store: &Arc<impl EventStore>) -> Repository<Account> {
    Repository::new(Arc::clone(store) as _)
}

/// A request under an idempotency key.
pub(crate) fn under_key(key: &str, request: &str) -> CommandContext {
    CommandContext {
        idempotency: Some(IdempotencyKey::new(key, request.as_bytes())),
        ..CommandContext::default()
    }
}

/// All events of an account.
pub(crate) async fn events_of(store: &dyn EventStore, id: &str) -> Vec<RecordedEvent> {
    let stream = Account::stream(id).expect("a valid id");
    events_in(store, stream).await
}

/// All events of a stream.
pub(crate) async fn events_in(store: &dyn EventStore, stream: StreamId) -> Vec<RecordedEvent> {
    let read = store.read(Read::forwards(Source::stream(stream))).await;
    let events = read.expect("the store answers").collect().await;
    events.expect("the store answers")
}
