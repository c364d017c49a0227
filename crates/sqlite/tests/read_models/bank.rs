//! The bank in SQLite: its events, a typed read model of them, and one by hand.

use std::sync::Arc;

use annals_core::{Projection, Projector, ReadModels, Recorded, TableFold};
use annals_sqlite::rusqlite::{self, Transaction};
use annals_sqlite::{Database, SqlProjection};
pub(crate) use annals_testing::read_models::bank::{
    AccountEvent, Balance, OTHER_STORE, STORE, batch, deposit, failed_at, recorded,
};

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

pub(crate) async fn database() -> Database {
    Database::in_memory().await.expect("there is memory")
}

/// What keeps a typed read model up to date, resumed.
pub(crate) async fn projector_of<P: Projection>(database: &Database) -> Arc<dyn Projector> {
    let projector = database.projector(TableFold::of_rows::<P>()).await;
    let projector = projector.expect("the table can be made");
    let resumed = projector.resume(STORE).await;
    resumed.expect("it is of this store");
    projector
}

/// What keeps the deposits of a revision up to date, resumed.
pub(crate) async fn deposits<const REVISION: u32>(database: &Database) -> Arc<dyn Projector> {
    let projector = database.sql_projector(Deposits::<REVISION>).await;
    let projector = projector.expect("the tables can be made");
    let resumed = projector.resume(STORE).await;
    resumed.expect("it is of this store");
    projector
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
