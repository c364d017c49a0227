//! One command, sent a hundred thousand times under one key: over restarts, over a year, beside other
//! commands. It has one effect, and each time the first answer.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use annals::embedded::{EmbeddedOptions, EmbeddedStore};
use annals::postgres::{Postgres, PostgresStore};
use annals::runtime::{
    CommandBus, CommandContext, CommandFault, IdempotencyKey, Repository, ToAggregate,
};
use annals::{Aggregate, Command, Event, EventStore, IdSource, RandomIds, Request, Timestamp};
use annals_testing::ManualClock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Clone)]
struct Account {
    balance: i64,
}

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum AccountEvent {
    Moved { cents: i64 },
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("there are only {balance} cents")]
struct TooLittle {
    balance: i64,
}

/// So many cents come, or go.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Move {
    cents: i64,
}

impl Command for Move {
    const NAME: &'static str = "move";
    type Reply = i64;
    type Refusal = TooLittle;
}

impl Aggregate for Account {
    const CATEGORY: &'static str = "Account";
    type Command = i64;
    type Event = AccountEvent;
    type Error = TooLittle;

    fn decide(&self, cents: i64) -> Result<Vec<AccountEvent>, TooLittle> {
        let balance = self.balance;
        match balance + cents {
            0.. => Ok(vec![AccountEvent::Moved { cents }]),
            _ => Err(TooLittle { balance }),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        let AccountEvent::Moved { cents } = event;
        self.balance += cents;
    }
}

/// A process that has just started.
struct Process {
    bus: CommandBus,
    accounts: Repository<Account>,
}

impl Process {
    fn on(store: impl EventStore) -> Self {
        let accounts: Repository<Account> = Repository::new(Arc::new(store));
        let address = |it: Move| ("ann".to_owned(), it.cents);
        let moves =
            ToAggregate::<_, Move, _, _>::new(accounts.clone(), address, |done| done.state.balance);
        let bus = CommandBus::new().handling(moves);
        Self { bus, accounts }
    }

    async fn send(&self, key: &str, cents: i64) -> Result<Value, Value> {
        let request = Request::of(&Move { cents });
        let bytes = serde_json::to_vec(&request).unwrap();
        let context = CommandContext {
            idempotency: Some(IdempotencyKey::new(key, &bytes)),
            ..CommandContext::default()
        };
        match self.bus.send(&request, context).await {
            Ok(reply) => Ok(reply),
            Err(CommandFault::Refused(refusal)) => Err(refusal),
            Err(fault) => panic!("{fault}"),
        }
    }

    /// Sends two commands so often, one that is carried out and one that is refused. `began`: how often
    /// processes were started before.
    async fn repeat(&self, times: usize, began: i64) {
        for _ in 0..times {
            assert_eq!(self.send("once", 100).await, Ok(json!(100)));
            let refused = self.send("never", -1_000).await;
            assert_eq!(refused, Err(json!({ "balance": 100 })));
        }
        // Now it would be carried out, and the other would have another answer.
        let other = self.send(&format!("other {began}"), 1_000).await;
        assert_eq!(other, Ok(json!(100 + 1_000 * (began + 1))));
        let account = self.accounts.load("ann").await.unwrap();
        assert_eq!(account.state.balance, 100 + 1_000 * (began + 1));
    }
}

fn open(directory: &Path, clock: &ManualClock) -> EmbeddedStore {
    let options = EmbeddedOptions {
        clock: Arc::new(clock.clone()),
        ..EmbeddedOptions::default()
    };
    EmbeddedStore::open_with(directory, options).unwrap()
}

#[tokio::test]
async fn on_files_over_fifty_restarts_and_a_year() {
    let directory = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    for began in 0..50 {
        let process = Process::on(open(directory.path(), &clock));
        process.repeat(1_000, began).await;
        clock.advance(Duration::from_secs(8 * 24 * 3_600));
    }
}

#[tokio::test]
async fn on_postgresql_over_ten_restarts() {
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{mark}schema=t_{}", RandomIds.next().simple());
    for began in 0..10 {
        let postgres = Postgres::connect(&url).await.unwrap();
        let process = Process::on(PostgresStore::open(&postgres).await.unwrap());
        process.repeat(100, began).await;
    }
}
