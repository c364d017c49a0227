//! What is kept: the balances of accounts, and a count; and the deposits they are made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use annals_core::{
    Aggregate, Append, EventStore, ExpectedVersion, Position, Projection, Recorded, StreamWrite,
    Timestamp,
};
use annals_macros::ReadModel;

use crate::candidates::annals::{Account, AccountEvent, Facts};
use crate::{Outcome, fact};

/// How many accounts there are.
const ACCOUNTS: usize = 10_000;

/// How many deposits are appended at once.
const AT_ONCE: usize = 500;

/// An account as it is now.
#[derive(ReadModel, Clone)]
#[read_model(table = "account_balances", index(owner_id, status))]
pub(super) struct AccountBalance {
    #[key]
    account_id: String,
    owner_id: String,
    status: String,
    balance: u64,
    updated_at: Timestamp,
    version: u64,
}

impl Projection for AccountBalance {
    type Event = AccountEvent;
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(
        row: Option<Self>,
        account_id: &String,
        event: &Recorded<AccountEvent>,
    ) -> Option<Self> {
        let AccountEvent::MoneyDeposited { amount, .. } = &event.event;
        let before = row.unwrap_or_else(|| Self::opened(account_id, event.record.recorded_at));
        Some(Self {
            balance: before.balance + amount,
            updated_at: event.record.recorded_at,
            version: event.record.version.0,
            ..before
        })
    }
}

impl AccountBalance {
    fn opened(account_id: &str, at: Timestamp) -> Self {
        Self {
            account_id: account_id.to_owned(),
            owner_id: format!("owner of {account_id}"),
            status: "active".to_owned(),
            balance: 0,
            updated_at: at,
            version: 0,
        }
    }
}

/// How often something happened.
#[derive(ReadModel, Clone)]
#[read_model(table = "event_counts")]
pub(super) struct EventCount {
    #[key]
    event_type: String,
    events: u64,
}

impl Projection for EventCount {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.event_type.as_str().to_owned()]
    }

    fn fold(row: Option<Self>, event_type: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        let events = row.map_or(0, |row| row.events) + 1;
        let event_type = event_type.clone();
        Some(Self { event_type, events })
    }
}

/// Fills a store with deposits.
pub(super) async fn fill(store: &Arc<dyn EventStore>, events: usize) -> Outcome {
    let mut deposits = Deposits::of(store, 0)?;
    for _ in 0..events / AT_ONCE {
        deposits.append_many().await?;
    }
    Ok(())
}

/// Deposits into accounts that are drawn at random, the same ones in each run.
pub(super) struct Deposits {
    store: Arc<dyn EventStore>,
    facts: Facts,
    drawn: u64,
}

impl Deposits {
    /// Those of one of several writers.
    pub(super) fn of(store: &Arc<dyn EventStore>, writer: u64) -> Outcome<Self> {
        Ok(Self {
            store: Arc::clone(store),
            facts: Facts::new()?,
            drawn: 0x9e37_79b9_7f4a_7c15 ^ (writer << 32),
        })
    }

    /// Appends one and tells where it is.
    pub(super) async fn append_one(&mut self) -> Outcome<Position> {
        let account = self.draw();
        self.append(BTreeMap::from([(account, 1)])).await
    }

    /// Appends many at once, and tells where the last one is and how many they were.
    pub(super) async fn append_many(&mut self) -> Outcome<(Position, usize)> {
        let mut accounts = BTreeMap::new();
        for _ in 0..AT_ONCE {
            *accounts.entry(self.draw()).or_default() += 1;
        }
        Ok((self.append(accounts).await?, AT_ONCE))
    }

    async fn append(&self, accounts: BTreeMap<usize, usize>) -> Outcome<Position> {
        let writes = accounts.into_iter().map(|(account, deposits)| {
            Ok(StreamWrite {
                stream: Account::stream(&fact::account(account))?,
                expected: ExpectedVersion::Any,
                events: self.facts.take(deposits),
            })
        });
        let append = Append::to_streams(writes.collect::<Outcome<_>>()?);
        Ok(self.store.append(append).await?.last)
    }

    /// The next of Marsaglia's xorshift generator of 64 bits (2003).
    fn draw(&mut self) -> usize {
        self.drawn ^= self.drawn << 13;
        self.drawn ^= self.drawn >> 7;
        self.drawn ^= self.drawn << 17;
        (self.drawn % ACCOUNTS as u64) as usize
    }
}
