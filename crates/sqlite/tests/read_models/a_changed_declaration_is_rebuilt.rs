//! A read model that is declared otherwise is made again from the first event.

use annals_core::{Position, Projection, ProjectionError, Projector as _, Recorded};
use annals_macros::ReadModel;
use annals_sqlite::rusqlite::{self, Transaction};
use annals_sqlite::{SqlProjection, SqlProjector};

use crate::bank::{
    AccountEvent, Balance, Deposits, STORE, balance, batch, count, database, deposit, projector_of,
};

/// The balances as later code declares them, with a column more.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
struct CountedBalance {
    #[key]
    account: String,
    cents: i64,
    deposits: u32,
}

impl Projection for CountedBalance {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        Balance::keys(event)
    }

    fn fold(row: Option<Self>, account: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        let deposits = row.map_or(0, |row| row.deposits) + 1;
        let account = account.clone();
        Some(Self {
            account,
            cents: 0,
            deposits,
        })
    }
}

/// The balances as later code folds them, in the same columns.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
struct DoubledBalance {
    #[key]
    account: String,
    cents: i64,
}

impl Projection for DoubledBalance {
    type Event = AccountEvent;
    const FOLD_REVISION: u32 = 2;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        Balance::keys(event)
    }

    fn fold(row: Option<Self>, _: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        row
    }
}

#[tokio::test]
async fn the_same_declaration_goes_on_where_it_was() {
    let database = database().await;
    for after in 0..3 {
        let projector = projector_of::<Balance>(&database).await;
        assert_eq!(projector.resume(STORE).await.unwrap(), Position(after));
        projector
            .apply(batch(after, vec![deposit(after + 1, "a", 5)]))
            .await
            .unwrap();
    }
    assert_eq!(balance(&database, "a").await, Some(15));
}

#[tokio::test]
async fn another_column_rebuilds_the_table() {
    let database = database().await;
    let projector = projector_of::<Balance>(&database).await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();

    let projector = projector_of::<CountedBalance>(&database).await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    let row = database
        .table::<CountedBalance>()
        .get(&"a".to_owned())
        .await
        .unwrap();
    assert_eq!(row.map(|row| row.deposits), Some(1));
}

#[tokio::test]
async fn another_revision_of_the_fold_rebuilds_the_table() {
    let database = database().await;
    let projector = projector_of::<Balance>(&database).await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();

    let projector = projector_of::<DoubledBalance>(&database).await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    assert_eq!(balance(&database, "a").await, None);
}

#[tokio::test]
async fn another_revision_rebuilds_tables_by_hand_though_they_refer_to_each_other() {
    let database = database().await;
    let projector = SqlProjector::new(database.clone(), Deposits::<1>)
        .await
        .unwrap();
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(count(&database, "deposit_notes").await, 1);

    let projector = SqlProjector::new(database.clone(), Deposits::<2>)
        .await
        .unwrap();

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    assert_eq!(count(&database, "deposits").await, 0);
    assert_eq!(count(&database, "deposit_notes").await, 0);
}

#[tokio::test]
async fn a_rebuild_leaves_other_read_models_alone() {
    let database = database().await;
    let balances = projector_of::<Balance>(&database).await;
    balances
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    SqlProjector::new(database.clone(), Deposits::<1>)
        .await
        .unwrap();

    SqlProjector::new(database.clone(), Deposits::<2>)
        .await
        .unwrap();

    assert_eq!(balances.resume(STORE).await.unwrap(), Position(1));
    assert_eq!(balance(&database, "a").await, Some(5));
}

#[tokio::test]
async fn a_projector_of_the_older_declaration_writes_nothing_any_more() {
    let database = database().await;
    let older = SqlProjector::new(database.clone(), Deposits::<1>)
        .await
        .unwrap();
    SqlProjector::new(database.clone(), Deposits::<2>)
        .await
        .unwrap();

    let refused = older
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap_err();

    assert!(matches!(refused, ProjectionError::Moved { .. }));
    assert_eq!(count(&database, "deposits").await, 0);
}

/// The balances, of accounts of one category alone.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "balances")]
struct SavingsBalance {
    #[key]
    account: String,
    cents: i64,
}

impl Projection for SavingsBalance {
    type Event = AccountEvent;
    const CATEGORIES: &'static [&'static str] = &["Savings"];

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        Balance::keys(event)
    }

    fn fold(row: Option<Self>, _: &String, _: &Recorded<AccountEvent>) -> Option<Self> {
        row
    }
}

#[tokio::test]
async fn other_events_rebuild_the_table() {
    let database = database().await;
    let projector = projector_of::<Balance>(&database).await;
    let events = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, events)).await.unwrap();

    let projector = projector_of::<SavingsBalance>(&database).await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    assert_eq!(balance(&database, "a").await, None);
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
    let projector = SqlProjector::new(database.clone(), Deposits::<1>).await;
    let events = vec![deposit(1, "a", 5)];
    projector.unwrap().apply(batch(0, events)).await.unwrap();

    let projector = SqlProjector::new(database.clone(), SavingsDeposits).await;

    let resumed = projector.unwrap().resume(STORE).await;
    assert_eq!(resumed.unwrap(), Position::START);
    assert_eq!(count(&database, "deposits").await, 0);
}
