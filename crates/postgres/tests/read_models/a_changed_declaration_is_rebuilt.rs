//! A read model that is declared otherwise is made again from the first event.

use annals_core::{Position, Projection, ProjectionError, Projector as _, Recorded, TableFold};
use annals_macros::ReadModel;
use annals_postgres::SqlProjector;

use crate::bank::{AccountEvent, Balance, Database, Deposits, STORE, batch, deposit};

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
    let mut database = Database::new().await;
    for after in 0..3 {
        let projector = database.projector::<Balance>().await;
        assert_eq!(projector.resume(STORE).await.unwrap(), Position(after));
        let batch = batch(after, vec![deposit(after + 1, "a", 5)]);
        projector.apply(batch).await.unwrap();
        database = database.reopened().await;
    }
    assert_eq!(database.balance("a").await, Some(15));
}

#[tokio::test]
async fn another_column_rebuilds_the_table() {
    let database = Database::new().await;
    let events = || batch(0, vec![deposit(1, "a", 5)]);
    let projector = database.projector::<Balance>().await;
    projector.apply(events()).await.unwrap();

    let projector = database.projector::<CountedBalance>().await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    projector.apply(events()).await.unwrap();
    let row = database
        .table::<CountedBalance>()
        .get(&"a".to_owned())
        .await;
    assert_eq!(row.unwrap().map(|row| row.deposits), Some(1));
}

#[tokio::test]
async fn another_revision_of_the_fold_rebuilds_the_table() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();

    let projector = database.projector::<DoubledBalance>().await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    assert_eq!(database.balance("a").await, None);
}

#[tokio::test]
async fn another_revision_rebuilds_tables_by_hand_though_they_refer_to_each_other() {
    let database = Database::new().await;
    let projector = database.deposits::<1>().await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(database.count("deposit_notes").await, 1);

    let projector = database.deposits::<2>().await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    assert_eq!(database.count("deposits").await, 0);
    assert_eq!(database.count("deposit_notes").await, 0);
}

#[tokio::test]
async fn a_rebuild_leaves_other_read_models_alone() {
    let database = Database::new().await;
    let balances = database.projector::<Balance>().await;
    balances
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    database.deposits::<1>().await;

    database.deposits::<2>().await;

    assert_eq!(balances.resume(STORE).await.unwrap(), Position(1));
    assert_eq!(database.balance("a").await, Some(5));
}

#[tokio::test]
async fn a_projector_of_the_older_declaration_writes_nothing_any_more() {
    let database = Database::new().await;
    let older = database.deposits::<1>().await;
    database.deposits::<2>().await;

    let refused = older.apply(batch(0, vec![deposit(1, "a", 5)])).await;

    assert!(matches!(refused, Err(ProjectionError::Moved { .. })));
    assert_eq!(database.count("deposits").await, 0);
}

#[tokio::test]
async fn a_projector_of_the_older_declaration_takes_nothing_over() {
    let database = Database::new().await;
    let older = database.deposits::<1>().await;
    let newer = database.deposits::<2>().await;

    let refused = older.resume(STORE).await;

    assert!(matches!(refused, Err(ProjectionError::Moved { .. })));
    newer
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(database.count("deposits").await, 1);
}

#[tokio::test]
async fn many_that_start_at_once_make_the_tables_once() {
    let database = Database::new().await;
    let start = || async {
        let typed = TableFold::of_rows::<CountedBalance>();
        database.read_models.projector(typed).await.unwrap();
        SqlProjector::new(&database.postgres, Deposits::<1>)
            .await
            .unwrap()
    };
    let projectors = futures_util::future::join_all((0..6).map(|_| start())).await;
    for (projector, after) in projectors.iter().zip(0..) {
        assert_eq!(projector.resume(STORE).await.unwrap(), Position(after));
        let batch = batch(after, vec![deposit(after + 1, "a", 1)]);
        projector.apply(batch).await.unwrap();
    }
}
