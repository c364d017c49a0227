//! A read model by hand: its effect and the checkpoint commit together, and another revision of it
//! is made again from the first event.

use annals_core::{Position, ProjectionError, Recorded};
use annals_macros::Event;
use annals_sqlite::SqlProjection;
use annals_sqlite::rusqlite::{self, Transaction};
use serde::{Deserialize, Serialize};

use crate::bank::{
    AccountEvent, Deposits, STORE, batch, count, database, deposit, deposits, failed_at, recorded,
};

#[tokio::test]
async fn a_refused_statement_in_the_middle_writes_neither_and_names_the_event() {
    let database = database().await;
    let projector = deposits::<1>(&database).await;
    let poisoned = recorded(2, "b", &AccountEvent::Poisoned);
    let events = vec![deposit(1, "a", 5), poisoned];

    let failure = projector.apply(batch(0, events)).await.unwrap_err();

    assert_eq!(failed_at(&failure), 2);
    assert_eq!(count(&database, "deposits").await, 0);
    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);

    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(count(&database, "deposits").await, 1);
}

#[tokio::test]
async fn another_revision_rebuilds_tables_by_hand_though_they_refer_to_each_other() {
    let database = database().await;
    let projector = deposits::<1>(&database).await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(count(&database, "deposit_notes").await, 1);

    let projector = deposits::<2>(&database).await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    assert_eq!(count(&database, "deposits").await, 0);
    assert_eq!(count(&database, "deposit_notes").await, 0);
}

#[tokio::test]
async fn a_projector_of_the_older_declaration_writes_nothing_any_more() {
    let database = database().await;
    let older = deposits::<1>(&database).await;
    deposits::<2>(&database).await;

    let refused = older
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap_err();

    assert!(matches!(refused, ProjectionError::Superseded { .. }));
    assert_eq!(count(&database, "deposits").await, 0);
}

/// The deposits, of accounts of one category alone.
struct SavingsDeposits;

impl SqlProjection for SavingsDeposits {
    type Event = AccountEvent;
    const NAME: &'static str = Deposits::<1>::NAME;
    const CATEGORIES: &'static [&'static str] = &["Savings"];
    const TABLES: &'static [&'static str] = Deposits::<1>::TABLES;
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        Deposits::<1>::schema()
    }

    fn apply(&self, _: &Transaction<'_>, _: &Recorded<AccountEvent>) -> rusqlite::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn other_events_rebuild_tables_by_hand() {
    let database = database().await;
    let projector = deposits::<1>(&database).await;
    let events = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, events)).await.unwrap();

    let projector = database.sql_projector(SavingsDeposits).await;

    let resumed = projector.unwrap().resume(STORE).await;
    assert_eq!(resumed.unwrap(), Position::START);
    assert_eq!(count(&database, "deposits").await, 0);
}

/// An event whose older version cannot be read.
#[derive(Event, Serialize, Deserialize)]
enum Renamed {
    #[event(version = 2, upcast(1 => panics))]
    Deposited { amount: i64 },
}

fn panics(_: serde_json::Value) -> serde_json::Value {
    panic!("cannot be read")
}

struct Renamings;

impl SqlProjection for Renamings {
    type Event = Renamed;
    const NAME: &'static str = "renamings";
    const TABLES: &'static [&'static str] = &[];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        ""
    }

    fn apply(&self, _: &Transaction<'_>, _: &Recorded<Renamed>) -> rusqlite::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_while_an_event_is_decoded_names_it() {
    let database = database().await;
    let projector = database.sql_projector(Renamings).await.unwrap();
    projector.resume(STORE).await.unwrap();
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    assert_eq!(failed_at(&failure.unwrap_err()), 1);
}
