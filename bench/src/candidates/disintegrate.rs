//! `disintegrate` with `disintegrate-postgres`.
//!
//! Set up as documented: the tables of its migrator, JSON, no snapshots, no listener. The pool tests
//! no connection before it is used, which saves a round trip each time.

use std::ops::Range;

use async_trait::async_trait;
use disintegrate::serde::json::Json;
use disintegrate::{
    Decision, Event, EventSourcedStateStore, EventStore, LoadState, NoSnapshot, StateMutate,
    StateQuery, StreamItem, query,
};
use disintegrate_postgres::{PgDecisionMaker, PgEventId, PgEventStore, decision_maker};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::{Appends, Candidate, DISINTEGRATE, DISINTEGRATE_UNCHECKED, Library, Replays};
use crate::drive::Worker;
use crate::{Outcome, fact};

const TABLES: &str = include_str!("disintegrate.sql");

const FILL: &str = "insert into event (event_type, payload, account)
    select $1, payload, account
    from unnest($2::bytea[], $3::text[]) account (payload, account), generate_series(1, $4)";

#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
#[stream(AccountStream, [MoneyDeposited])]
enum AccountEvent {
    MoneyDeposited {
        #[id]
        account: String,
        amount: u64,
        description: String,
    },
}

#[derive(Default, Clone, StateQuery, Serialize, Deserialize)]
#[state_query(AccountEvent)]
struct Account {
    #[id]
    account: String,
    balance: u64,
}

impl StateMutate for Account {
    fn mutate(&mut self, event: AccountEvent) {
        let AccountEvent::MoneyDeposited { amount, .. } = event;
        self.balance += amount;
    }
}

struct Deposit {
    account: String,
}

#[derive(Debug, thiserror::Error)]
#[error("no deposit is refused")]
struct Refused;

impl Decision for Deposit {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = Refused;

    fn state_query(&self) -> Account {
        of(&self.account)
    }

    fn process(&self, _: &Account) -> Result<Vec<AccountEvent>, Refused> {
        Ok(vec![deposited(&self.account)])
    }
}

fn of(account: &str) -> Account {
    Account {
        account: account.to_owned(),
        balance: 0,
    }
}

fn deposited(account: &str) -> AccountEvent {
    AccountEvent::MoneyDeposited {
        account: account.to_owned(),
        amount: fact::AMOUNT,
        description: fact::description(),
    }
}

type Store = PgEventStore<AccountEvent, Json<AccountEvent>>;

/// The library, on a pool. An append is checked: no event of the account may have come since.
pub(crate) struct Disintegrate {
    pool: PgPool,
    store: Store,
    decisions: PgDecisionMaker<AccountEvent, Json<AccountEvent>, NoSnapshot>,
}

impl Disintegrate {
    /// The library in an empty database.
    pub(crate) async fn create(pool: PgPool) -> Outcome<Self> {
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        let store = Store::new_uninitialized(pool.clone(), Json::default());
        Ok(Self {
            pool,
            decisions: decision_maker(store.clone(), NoSnapshot),
            store,
        })
    }

    /// The same store by its other way to append, which looks for nothing.
    pub(crate) fn unchecked(&self) -> Unchecked {
        Unchecked(self.store.clone())
    }
}

impl Candidate for Disintegrate {
    fn name(&self) -> &'static str {
        DISINTEGRATE
    }
}

#[async_trait]
impl Appends for Disintegrate {
    async fn writer(&self, stream: String, events: usize) -> Outcome<Box<dyn Worker>> {
        Ok(Box::new(Writer {
            store: self.store.clone(),
            stream,
            last: 0,
            events,
        }))
    }
}

struct Writer {
    store: Store,
    stream: String,
    last: PgEventId,
    events: usize,
}

#[async_trait]
impl Worker for Writer {
    async fn work(&mut self) -> Outcome<u64> {
        let events = vec![deposited(&self.stream); self.events];
        loop {
            let of_stream = query!(AccountEvent; account == self.stream);
            let appending = self.store.append(events.clone(), of_stream, self.last);
            match appending.await {
                Ok(appended) => {
                    self.last = appended.last().map_or(self.last, |event| event.id());
                    return Ok(self.events as u64);
                }
                Err(error) if is_contention(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Appends that look for nothing.
pub(crate) struct Unchecked(Store);

impl Candidate for Unchecked {
    fn name(&self) -> &'static str {
        DISINTEGRATE_UNCHECKED
    }
}

#[async_trait]
impl Appends for Unchecked {
    async fn writer(&self, stream: String, events: usize) -> Outcome<Box<dyn Worker>> {
        let store = self.0.clone();
        Ok(Box::new(UncheckedWriter {
            store,
            stream,
            events,
        }))
    }
}

struct UncheckedWriter {
    store: Store,
    stream: String,
    events: usize,
}

#[async_trait]
impl Worker for UncheckedWriter {
    async fn work(&mut self) -> Outcome<u64> {
        let events = vec![deposited(&self.stream); self.events];
        let appended = self.store.append_without_validation(events).await?;
        Ok(appended.len() as u64)
    }
}

#[async_trait]
impl Replays for Disintegrate {
    async fn read_all(&self) -> Outcome<u64> {
        let everything = query!(AccountEvent);
        let mut events = self.store.stream(&everything);
        let mut read = 0;
        while let Some(item) = events.try_next().await? {
            read += u64::from(matches!(item, StreamItem::Event(_)));
        }
        Ok(read)
    }
}

#[async_trait]
impl Library for Disintegrate {
    async fn fill(&self, accounts: Range<usize>, deposits: usize) -> Outcome {
        let accounts: Vec<_> = accounts.map(fact::account).collect();
        let payloads: Result<Vec<_>, _> = accounts
            .iter()
            .map(|account| serde_json::to_vec(&deposited(account)))
            .collect();
        sqlx::query(FILL)
            .bind(fact::EVENT_TYPE)
            .bind(payloads?)
            .bind(accounts)
            .bind(i64::try_from(deposits)?)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn load(&self, account: &str) -> Outcome<u64> {
        let states = EventSourcedStateStore::new(self.store.clone(), NoSnapshot);
        let loaded = states.load(of(account)).await?;
        Ok(loaded.state().balance)
    }

    async fn deposit(&self, account: &str) -> Outcome {
        loop {
            let account = account.to_owned();
            match self.decisions.make(Deposit { account }).await {
                Ok(_) => return Ok(()),
                Err(disintegrate::DecisionError::StateStore(error))
                    if error.downcast_ref().is_some_and(is_contention) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// True if another append came first, or the server could not rule out that one did.
fn is_contention(error: &disintegrate_postgres::Error) -> bool {
    match error {
        disintegrate_postgres::Error::Concurrency => true,
        disintegrate_postgres::Error::Database(sqlx::Error::Database(error)) => {
            error.code().as_deref() == Some("40001")
        }
        _ => false,
    }
}
