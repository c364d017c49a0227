//! `cqrs-es` with `postgres-es`.
//!
//! Set up as documented: the tables of its `db/init.sql`, an event store without snapshots. The
//! pool tests no connection before it is used, which saves a round trip each time.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{EventStoreAggregateContext, PersistedEventRepository, PersistedEventStore};
use cqrs_es::{Aggregate, DomainEvent, EventStore};
use postgres_es::{PostgresCqrs, PostgresEventRepository, postgres_cqrs};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::{Appends, CQRS_ES, Candidate, Library, Replays};
use crate::drive::Worker;
use crate::{Outcome, fact};

const TABLE: &str = "create table events (
    aggregate_type text not null,
    aggregate_id text not null,
    sequence bigint check (sequence >= 0) not null,
    event_type text not null,
    event_version text not null,
    payload json not null,
    metadata json not null,
    primary key (aggregate_type, aggregate_id, sequence)
)";

const FILL: &str = "insert into events
    select $1, 'account-' || account, sequence, $2, '1.0', $3, '{}'
    from generate_series($4, $5) account, generate_series(1, $6) sequence";

#[derive(Default, Serialize, Deserialize)]
struct Account {
    balance: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum AccountEvent {
    MoneyDeposited { amount: u64, description: String },
}

struct Deposit;

#[derive(Debug, thiserror::Error)]
#[error("no deposit is refused")]
struct Refused;

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        fact::EVENT_TYPE.to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "Account";
    type Command = Deposit;
    type Event = AccountEvent;
    type Error = Refused;
    type Services = ();

    async fn handle(&mut self, _: Deposit, (): &(), sink: &EventSink<Self>) -> Result<(), Refused> {
        sink.write(deposited(), self).await;
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
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

type Store = PersistedEventStore<PostgresEventRepository, Account>;

/// The library, on a pool.
pub(crate) struct CqrsEs {
    pool: PgPool,
    store: Arc<Store>,
    framework: PostgresCqrs<Account>,
}

impl CqrsEs {
    /// The library in an empty database.
    pub(crate) async fn create(pool: PgPool) -> Outcome<Self> {
        sqlx::query(TABLE).execute(&pool).await?;
        let repository = PostgresEventRepository::new(pool.clone());
        Ok(Self {
            store: Arc::new(Store::new_event_store(repository)),
            framework: postgres_cqrs(pool.clone(), Vec::new(), ()),
            pool,
        })
    }
}

impl Candidate for CqrsEs {
    fn name(&self) -> &'static str {
        CQRS_ES
    }
}

#[async_trait]
impl Appends for CqrsEs {
    async fn writer(&self, stream: String, events: usize) -> Outcome<Box<dyn Worker>> {
        Ok(Box::new(Writer {
            store: Arc::clone(&self.store),
            stream,
            version: 0,
            events,
        }))
    }
}

struct Writer {
    store: Arc<Store>,
    stream: String,
    version: usize,
    events: usize,
}

#[async_trait]
impl Worker for Writer {
    async fn work(&mut self) -> Outcome<u64> {
        let context = EventStoreAggregateContext {
            aggregate_id: self.stream.clone(),
            aggregate: Account::default(),
            current_sequence: self.version,
            current_snapshot: None,
        };
        let events = vec![deposited(); self.events];
        self.store.commit(events, context, HashMap::new()).await?;
        self.version += self.events;
        Ok(self.events as u64)
    }
}

#[async_trait]
impl Replays for CqrsEs {
    async fn read_all(&self) -> Outcome<u64> {
        let repository = PostgresEventRepository::new(self.pool.clone());
        let mut events = repository.stream_all_events::<Account>().await?;
        let mut read = 0;
        while let Some(event) = events.next::<Account>(&[]).await {
            event?;
            read += 1;
        }
        Ok(read)
    }
}

#[async_trait]
impl Library for CqrsEs {
    async fn fill(&self, accounts: Range<usize>, deposits: usize) -> Outcome {
        sqlx::query(FILL)
            .bind(Account::TYPE)
            .bind(fact::EVENT_TYPE)
            .bind(serde_json::to_value(deposited())?)
            .bind(i64::try_from(accounts.start)?)
            .bind(i64::try_from(accounts.end)? - 1)
            .bind(i64::try_from(deposits)?)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn load(&self, account: &str) -> Outcome<u64> {
        let loaded = self.store.load_aggregate(account).await?;
        Ok(loaded.aggregate.balance)
    }

    async fn deposit(&self, account: &str) -> Outcome {
        Ok(self.framework.execute(account, Deposit).await?)
    }
}
