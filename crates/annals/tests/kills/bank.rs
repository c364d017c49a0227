//! A small bank: its events, and two read models of them.

use annals::{
    Append, AppendId, Event, EventId, EventStore, ExpectedVersion, Metadata, NewEvent, NotLoaded,
    PartitionKey, Projection, ReadModel, Recorded, Rows, StreamId, TableFold, TableProjection,
    TableShape, Value,
};
use serde::{Deserialize, Serialize};

use crate::random::Random;

const ACCOUNTS: [&str; 5] = ["anna", "bert", "cleo", "dora", "emil"];

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum AccountEvent {
    Deposited { cents: i64 },
    Transferred { cents: i64, to: String },
    Closed,
}

/// What an account holds: each row is folded by itself.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub(crate) struct Balance {
    #[key]
    pub(crate) account: String,
    pub(crate) cents: i64,
}

/// What happened to an account, with what it held then: rows of two tables that belong together.
pub(crate) struct Statement;

#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "statement_accounts")]
pub(crate) struct StatementAccount {
    #[key]
    pub(crate) account: String,
    pub(crate) cents: i64,
}

#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "statement_lines")]
pub(crate) struct StatementLine {
    #[key]
    pub(crate) position: u64,
    #[key]
    pub(crate) account: String,
    pub(crate) balance_after: i64,
}

/// Both read models.
pub(crate) fn folds() -> [TableFold; 2] {
    [
        TableFold::of_rows::<Balance>(),
        TableFold::of_tables::<Statement>(),
    ]
}

impl AccountEvent {
    /// What each account that is concerned holds after the event.
    fn after(&self, account: &str, before: i64, own: &str) -> i64 {
        match self {
            Self::Deposited { cents } => before + cents,
            Self::Transferred { cents, .. } if account == own => before - cents,
            Self::Transferred { cents, .. } => before + cents,
            Self::Closed => 0,
        }
    }
}

fn accounts(event: &Recorded<AccountEvent>) -> Vec<String> {
    let own = event.record.stream.id().to_owned();
    match &event.event {
        AccountEvent::Transferred { to, .. } => vec![own, to.clone()],
        _ => vec![own],
    }
}

impl Projection for Balance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        accounts(event)
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        if event.event == AccountEvent::Closed {
            return None;
        }
        let before = row.map_or(0, |row| row.cents);
        Some(Self {
            account: account.clone(),
            cents: event.event.after(account, before, event.record.stream.id()),
        })
    }
}

impl TableProjection for Statement {
    type Event = AccountEvent;
    const NAME: &'static str = "statement";
    const REVISION: u32 = 1;

    fn tables() -> Vec<TableShape> {
        vec![
            TableShape::of::<StatementAccount>(),
            TableShape::of::<StatementLine>(),
        ]
    }

    fn apply(rows: &mut Rows, event: &Recorded<AccountEvent>) -> Result<(), NotLoaded> {
        for account in accounts(event) {
            let before = rows.get::<StatementAccount>(&account)?;
            let before = before.map_or(0, |row| row.cents);
            let cents = event
                .event
                .after(&account, before, event.record.stream.id());
            rows.put(StatementLine {
                position: event.record.position.0,
                account: account.clone(),
                balance_after: cents,
            });
            match event.event {
                AccountEvent::Closed => rows.delete::<StatementAccount>(&account),
                _ => rows.put(StatementAccount { account, cents }),
            }
        }
        Ok(())
    }

    fn partitions(event: &Recorded<AccountEvent>) -> Vec<PartitionKey> {
        let rows = accounts(event).into_iter();
        rows.map(|account| PartitionKey::of_row(&[Value::Text(account)]))
            .collect()
    }
}

/// Records what happens next.
pub(crate) async fn record(store: &dyn EventStore, random: &mut Random) {
    let own = any_account(random);
    let id = next_id(store).await;
    append(store, own, random_event(random, own, id)).await;
}

/// Records a deposit of nobody knows how much: no read model can take it in.
pub(crate) async fn record_unreadable(store: &dyn EventStore, random: &mut Random) {
    let id = next_id(store).await;
    append(store, any_account(random), unreadable(id)).await;
}

async fn append(store: &dyn EventStore, own: &str, event: NewEvent) {
    let stream = StreamId::new("Account", own).unwrap();
    let append = Append::to(stream, ExpectedVersion::Any, vec![event]);
    store.append(append).await.unwrap();
}

async fn next_id(store: &dyn EventStore) -> EventId {
    let head = store.head().await.unwrap();
    EventId::of_append(AppendId::of_key("bank", &head.to_string()), 0)
}

fn any_account(random: &mut Random) -> &'static str {
    ACCOUNTS[random.below(ACCOUNTS.len())]
}

fn random_event(random: &mut Random, own: &str, id: EventId) -> NewEvent {
    let cents = i64::try_from(1 + random.below(100)).unwrap();
    let event = match random.below(24) {
        0 => return unreadable(id),
        1 => AccountEvent::Closed,
        2..=8 => {
            let others: Vec<&str> = ACCOUNTS.into_iter().filter(|it| *it != own).collect();
            let to = others[random.below(others.len())].to_owned();
            AccountEvent::Transferred { cents, to }
        }
        _ => AccountEvent::Deposited { cents },
    };
    event.to_new(id, Metadata::default()).unwrap()
}

fn unreadable(id: EventId) -> NewEvent {
    let deposit = AccountEvent::Deposited { cents: 0 };
    let deposit = deposit.to_new(id, Metadata::default()).unwrap();
    NewEvent {
        data: "{}".into(),
        ..deposit
    }
}
