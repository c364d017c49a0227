//! A small bank: its events, a typed read model of them, and one by hand.

use std::sync::Arc;

use annals_core::{
    AppendId, ContentType, Event as _, EventId, EventType, Metadata, Position, Projection,
    ProjectionBatch, Projector, ReadModel, ReadModels, Recorded, RecordedEvent, StoreId, StreamId,
    StreamVersion, Table, TableFold, Timestamp,
};
use annals_macros::{Event, ReadModel};
use annals_postgres::tokio_postgres::Row;
use annals_postgres::tokio_postgres::types::Type;
use annals_postgres::{
    Postgres, PostgresError, PostgresReadModels, SqlProjection, SqlProjector, Transaction,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::place::Place;

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

#[async_trait]
impl<const REVISION: u32> SqlProjection for Deposits<REVISION> {
    type Event = AccountEvent;
    const NAME: &'static str = "deposits";
    const TABLES: &'static [&'static str] = &["deposits", "deposit_notes"];
    const REVISION: u32 = REVISION;

    fn schema() -> &'static str {
        "create table deposits (position bigint primary key, cents bigint not null);
         create table deposit_notes (deposit bigint not null references deposits)"
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        let position = event.record.position.0.cast_signed();
        let cents = match event.event {
            AccountEvent::Deposited { cents } => Some(cents),
            AccountEvent::Poisoned => None,
            AccountEvent::Closed => panic!("closed"),
            AccountEvent::Transferred { .. } => return Ok(()),
        };
        tx.execute(
            "insert into deposits values ($1, $2)",
            &[(&position, Type::INT8), (&cents, Type::INT8)],
        )
        .await?;
        let note = "insert into deposit_notes values ($1)";
        tx.execute(note, &[(&position, Type::INT8)]).await?;
        Ok(())
    }
}

/// A database of its own.
pub(crate) struct Database {
    place: Place,
    pub(crate) postgres: Postgres,
    pub(crate) read_models: Arc<dyn ReadModels>,
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self::at(Place::on(annals_servers::postgres_url())).await
    }

    /// The same, as another process sees it.
    pub(crate) async fn reopened(self) -> Self {
        Self::at(self.place).await
    }

    pub(crate) async fn at(place: Place) -> Self {
        let postgres = Postgres::connect(&place.url()).await.unwrap();
        let read_models: Arc<dyn ReadModels> = Arc::new(PostgresReadModels::open(&postgres));
        Self {
            place,
            postgres,
            read_models,
        }
    }

    /// A projector of a typed read model, resumed.
    pub(crate) async fn projector<P: Projection>(&self) -> Arc<dyn Projector> {
        let fold = TableFold::of_rows::<P>();
        let projector = self.read_models.projector(fold).await.unwrap();
        projector.resume(STORE).await.unwrap();
        projector
    }

    /// A projector of the deposits by hand, resumed.
    pub(crate) async fn deposits<const REVISION: u32>(&self) -> SqlProjector<Deposits<REVISION>> {
        let projector = SqlProjector::new(&self.postgres, Deposits).await.unwrap();
        projector.resume(STORE).await.unwrap();
        projector
    }

    pub(crate) fn table<R: ReadModel>(&self) -> Table<R> {
        Table::of(&self.read_models)
    }

    pub(crate) async fn balance(&self, account: &str) -> Option<i64> {
        let row = self.table::<Balance>().get(&account.to_owned()).await;
        row.unwrap().map(|row| row.cents)
    }

    pub(crate) async fn execute(&self, sql: &str) -> u64 {
        let client = self.postgres.client().await.unwrap();
        let changed = client.execute(&self.postgres.sql(sql), &[]).await;
        changed.unwrap()
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let count = format!("select count(*) from {{read}}.{table}");
        self.ask(&count).await.get(0)
    }

    pub(crate) async fn is_so(&self, sql: &str) -> bool {
        self.ask(sql).await.get(0)
    }

    /// The one row that a statement answers with.
    async fn ask(&self, sql: &str) -> Row {
        let client = self.postgres.client().await.unwrap();
        let rows = client.rows(&self.postgres.sql(sql), &[]).await.unwrap();
        rows.into_iter().next().unwrap()
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
