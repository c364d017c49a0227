//! A small bank: its events, a typed read model of them, and one by hand.

use std::sync::Arc;

use annals_core::{
    AppendId, ContentType, Event as _, EventId, EventType, Metadata, Position, Projection,
    ProjectionBatch, Projector, ReadModels, Recorded, RecordedEvent, StoreId, StreamId,
    StreamVersion, TableFold, Timestamp,
};
use annals_macros::{Event, ReadModel};
use annals_sqlite::rusqlite::{self, Transaction};
use annals_sqlite::{Database, SqlProjection};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) const STORE: StoreId = StoreId(Uuid::from_u128(1));
pub(crate) const OTHER_STORE: StoreId = StoreId(Uuid::from_u128(2));

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum AccountEvent {
    Deposited {
        cents: i64,
    },
    Transferred {
        cents: i64,
        to: String,
    },
    Closed,
    /// No projection can take it in.
    Poisoned,
}

#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
pub(crate) struct Balance {
    #[key]
    pub(crate) account: String,
    pub(crate) cents: i64,
}

impl Projection for Balance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        let account = event.record.stream.id().to_owned();
        match &event.event {
            AccountEvent::Transferred { to, .. } => vec![account, to.clone()],
            _ => vec![account],
        }
    }

    fn fold(row: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        let before = row.map_or(0, |row| row.cents);
        let cents = match &event.event {
            AccountEvent::Deposited { cents } => before + cents,
            AccountEvent::Transferred { cents, to } if to == account => before + cents,
            AccountEvent::Transferred { cents, .. } => before - cents,
            AccountEvent::Closed => return None,
            AccountEvent::Poisoned => panic!("poisoned"),
        };
        Some(Self {
            account: account.clone(),
            cents,
        })
    }
}

/// Every deposit, by hand, of a revision.
pub(crate) struct Deposits<const REVISION: u32>;

impl<const REVISION: u32> SqlProjection for Deposits<REVISION> {
    type Event = AccountEvent;
    const NAME: &'static str = "deposits";
    const TABLES: &'static [&'static str] = &["deposits", "deposit_notes"];
    const REVISION: u32 = REVISION;

    fn schema() -> &'static str {
        "create table deposits (position integer primary key, cents integer not null) strict;
         create table deposit_notes (deposit integer not null references deposits) strict;"
    }

    fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<AccountEvent>,
    ) -> Result<(), rusqlite::Error> {
        let position = event.record.position.0.cast_signed();
        let cents = match event.event {
            AccountEvent::Deposited { cents } => Some(cents),
            AccountEvent::Poisoned => None,
            _ => return Ok(()),
        };
        tx.prepare_cached("insert into deposits values (?, ?)")?
            .execute((position, cents))?;
        tx.prepare_cached("insert into deposit_notes values (?)")?
            .execute([position])?;
        Ok(())
    }
}

/// An event of the account at a position.
pub(crate) fn recorded(position: u64, account: &str, event: &AccountEvent) -> RecordedEvent {
    let schema = event.schema();
    RecordedEvent {
        position: Position(position),
        stream: StreamId::new("Account", account).expect("a valid stream"),
        version: StreamVersion(1),
        id: EventId(Uuid::from_u128(position.into())),
        append: AppendId(Uuid::nil()),
        event_type: EventType::new(schema.name).expect("a valid name"),
        schema_version: schema.version,
        content_type: ContentType::json(),
        data: event.encode().expect("events have a JSON form").into(),
        tags: Vec::new(),
        metadata: Metadata::default(),
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn deposit(position: u64, account: &str, cents: i64) -> RecordedEvent {
    recorded(position, account, &AccountEvent::Deposited { cents })
}

/// A batch that begins behind `after` and ends with its last event.
pub(crate) fn batch(after: u64, events: Vec<RecordedEvent>) -> ProjectionBatch {
    let up_to = events.last().map_or(Position(after), |last| last.position);
    ProjectionBatch {
        after: Position(after),
        up_to,
        events: events.into(),
    }
}

pub(crate) async fn database() -> Database {
    Database::in_memory().await.expect("there is memory")
}

/// What keeps a typed read model up to date.
pub(crate) async fn projector_of<P: Projection>(database: &Database) -> Arc<dyn Projector> {
    let projector = database.projector(TableFold::of_rows::<P>()).await;
    projector.expect("the table can be made")
}

pub(crate) async fn balance(database: &Database, account: &str) -> Option<i64> {
    let row = database.table::<Balance>().get(&account.to_owned()).await;
    row.expect("the table is there").map(|row| row.cents)
}

pub(crate) async fn count(database: &Database, table: &'static str) -> i64 {
    let count = format!("select count(*) from {table}");
    let count = database.read(move |it| it.query_row(&count, [], |row| row.get(0)));
    count.await.expect("the table is there")
}
