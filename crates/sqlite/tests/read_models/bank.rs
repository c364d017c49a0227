//! The bank in SQLite: its deposits in tables by hand.

use annals_core::Recorded;
use annals_sqlite::rusqlite::{self, Transaction};
use annals_sqlite::{Database, SqlProjection};
use annals_testing::read_models::bank::AccountEvent;

/// Every deposit, by hand, of a revision; those of one category alone, or of all.
pub(crate) struct Deposits<const REVISION: u32, const SAVINGS: bool>;

impl<const REVISION: u32, const SAVINGS: bool> SqlProjection for Deposits<REVISION, SAVINGS> {
    type Event = AccountEvent;
    const NAME: &'static str = "deposits";
    const CATEGORIES: &'static [&'static str] = if SAVINGS { &["Savings"] } else { &[] };
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
            AccountEvent::Closed => panic!("closed"),
            AccountEvent::Transferred { .. } => return Ok(()),
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

pub(crate) async fn count(database: &Database, table: &'static str) -> i64 {
    let count = format!("select count(*) from {table}");
    let count = database.read(move |it| it.query_row(&count, [], |row| row.get(0)));
    count.await.expect("the table is there")
}
