//! The bank in PostgreSQL: its events, a typed read model of them, and one by hand.

use std::sync::Arc;

use annals_core::{Projection, Projector, ReadModel, ReadModels, Recorded, Table, TableFold};
use annals_postgres::tokio_postgres::Row;
use annals_postgres::tokio_postgres::types::Type;
use annals_postgres::{Postgres, PostgresError, PostgresReadModels, SqlProjection, Transaction};
pub(crate) use annals_testing::read_models::bank::{
    AccountEvent, Balance, STORE, batch, deposit, failed_at, recorded, transfer,
};
use async_trait::async_trait;

use crate::place::Place;

/// Every deposit, by hand, of a revision; those of one category alone, or of all.
pub(crate) struct Deposits<const REVISION: u32, const SAVINGS: bool = false>;

#[async_trait]
impl<const REVISION: u32, const SAVINGS: bool> SqlProjection for Deposits<REVISION, SAVINGS> {
    type Event = AccountEvent;
    const NAME: &'static str = "deposits";
    const CATEGORIES: &'static [&'static str] = if SAVINGS { &["Savings"] } else { &[] };
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
    pub(crate) postgres: Postgres,
    pub(crate) read_models: Arc<dyn ReadModels>,
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self::at(&Place::on(annals_servers::postgres_url())).await
    }

    pub(crate) async fn at(place: &Place) -> Self {
        let postgres = Postgres::connect(&place.url()).await.unwrap();
        let read_models: Arc<dyn ReadModels> = Arc::new(PostgresReadModels::open(&postgres));
        Self {
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

    /// A projector of the deposits by hand, not resumed yet.
    pub(crate) async fn deposits<const REVISION: u32, const SAVINGS: bool>(
        &self,
    ) -> Arc<dyn Projector> {
        let deposits = Deposits::<REVISION, SAVINGS>;
        let read_models = PostgresReadModels::open(&self.postgres);
        read_models.sql_projector(deposits).await.unwrap()
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

    /// The one row that a statement answers with.
    async fn ask(&self, sql: &str) -> Row {
        let client = self.postgres.client().await.unwrap();
        let rows = client.rows(&self.postgres.sql(sql), &[]).await.unwrap();
        rows.into_iter().next().unwrap()
    }
}
