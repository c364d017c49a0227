//! Annals: an event store as it comes, and the repository on it.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use annals_core::{
    Aggregate, Append, Bytes, EventId, EventStore, EventType, ExpectedVersion, IdSource, NewEvent,
    RandomIds, Read, Source, StreamId, StreamVersion, StreamWrite, decode, limits,
};
use annals_macros::Event;
use annals_runtime::{CommandContext, Repository};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{ANNALS, ANNALS_RECORDS, ANNALS_REMEMBERING, Appends, Candidate, Library, Replays};
use crate::drive::Worker;
use crate::{Outcome, fact};

#[derive(Event, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    MoneyDeposited { amount: u64, description: String },
}

#[derive(Default, Clone)]
pub(crate) struct Account {
    balance: u64,
}

#[derive(Clone)]
pub(crate) enum AccountCommand {
    Deposit,
    /// Leads to nothing.
    LookAt,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("no deposit is refused")]
pub(crate) struct Refused;

impl Aggregate for Account {
    const CATEGORY: &'static str = "Account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = Refused;

    fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, Refused> {
        Ok(match command {
            AccountCommand::Deposit => vec![deposited()],
            AccountCommand::LookAt => vec![],
        })
    }

    fn evolve(&mut self, event: &AccountEvent) {
        let AccountEvent::MoneyDeposited { amount, .. } = event;
        self.balance += amount;
    }
}

fn deposited() -> AccountEvent {
    AccountEvent::MoneyDeposited {
        amount: fact::AMOUNT,
        description: fact::description(),
    }
}

/// Deposits ready to be appended: the same fact again and again, each time a new event.
#[derive(Clone)]
pub(crate) struct Facts {
    event_type: EventType,
    payload: Bytes,
}

impl Facts {
    pub(crate) fn new() -> Outcome<Self> {
        Ok(Self {
            event_type: EventType::new(fact::EVENT_TYPE)?,
            payload: fact::json().into(),
        })
    }

    pub(crate) fn take(&self, events: usize) -> Vec<NewEvent> {
        let event = || {
            let id = EventId(RandomIds.next());
            NewEvent::json(id, self.event_type.clone(), self.payload.clone())
        };
        (0..events).map(|_| event()).collect()
    }
}

/// An event store of ours, and the repository of accounts on it.
pub(crate) struct Annals {
    name: &'static str,
    store: Arc<dyn EventStore>,
    accounts: Repository<Account>,
}

impl Annals {
    /// The library on any of its stores.
    pub(crate) fn on(store: Arc<dyn EventStore>) -> Self {
        Self {
            name: ANNALS,
            accounts: Repository::new(Arc::clone(&store)),
            store,
        }
    }

    /// The same with a memory of so many accounts.
    pub(crate) fn remembering(store: Arc<dyn EventStore>, accounts: NonZeroUsize) -> Self {
        Self {
            name: ANNALS_REMEMBERING,
            accounts: Repository::new(Arc::clone(&store)).remembering(accounts),
            store,
        }
    }

    /// Looks at accounts, and so remembers them if there is a memory.
    pub(crate) async fn look_at(&self, accounts: Range<usize>) -> Outcome {
        for number in accounts {
            self.send(&fact::account(number), AccountCommand::LookAt)
                .await?;
        }
        Ok(())
    }

    async fn send(&self, account: &str, command: AccountCommand) -> Outcome {
        let context = CommandContext::default();
        self.accounts.execute(account, command, context).await?;
        Ok(())
    }
}

impl Candidate for Annals {
    fn name(&self) -> &'static str {
        self.name
    }
}

#[async_trait]
impl Appends for Annals {
    async fn writer(&self, stream: String, events: usize) -> Outcome<Box<dyn Worker>> {
        Ok(Box::new(Writer {
            store: Arc::clone(&self.store),
            stream: Account::stream(&stream)?,
            version: StreamVersion::NONE,
            facts: Facts::new()?,
            events,
        }))
    }
}

struct Writer {
    store: Arc<dyn EventStore>,
    stream: StreamId,
    version: StreamVersion,
    facts: Facts,
    events: usize,
}

#[async_trait]
impl Worker for Writer {
    async fn work(&mut self) -> Outcome<u64> {
        let expected = ExpectedVersion::from(self.version);
        let append = Append::to(self.stream.clone(), expected, self.facts.take(self.events));
        self.store.append(append).await?;
        self.version.0 += self.events as u64;
        Ok(self.events as u64)
    }
}

#[async_trait]
impl Replays for Annals {
    async fn read_all(&self) -> Outcome<u64> {
        let mut events = self.store.read(Read::forwards(Source::all())).await?;
        let mut read = 0;
        while let Some(record) = events.try_next().await? {
            decode::<AccountEvent>(record)?;
            read += 1;
        }
        Ok(read)
    }
}

/// Our event store, read without making sense of the payloads.
pub(crate) struct Records(pub(crate) Arc<dyn EventStore>);

impl Candidate for Records {
    fn name(&self) -> &'static str {
        ANNALS_RECORDS
    }
}

#[async_trait]
impl Replays for Records {
    async fn read_all(&self) -> Outcome<u64> {
        let mut events = self.0.read(Read::forwards(Source::all())).await?;
        let mut read = 0;
        while events.try_next().await?.is_some() {
            read += 1;
        }
        Ok(read)
    }
}

#[async_trait]
impl Library for Annals {
    async fn fill(&self, accounts: Range<usize>, deposits: usize) -> Outcome {
        let facts = Facts::new()?;
        let accounts: Vec<_> = accounts.collect();
        let at_once = deposits.min(limits::APPEND_EVENTS);
        for accounts in accounts.chunks(limits::APPEND_EVENTS / at_once) {
            for _ in 0..deposits / at_once {
                let writes = accounts.iter().map(|number| {
                    Ok(StreamWrite {
                        stream: Account::stream(&fact::account(*number))?,
                        expected: ExpectedVersion::Any,
                        events: facts.take(at_once),
                    })
                });
                let append = Append::to_streams(writes.collect::<Outcome<_>>()?);
                self.store.append(append).await?;
            }
        }
        Ok(())
    }

    async fn load(&self, account: &str) -> Outcome<u64> {
        Ok(self.accounts.load(account).await?.state.balance)
    }

    async fn deposit(&self, account: &str) -> Outcome {
        self.send(account, AccountCommand::Deposit).await
    }
}
