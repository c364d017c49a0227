//! Editions that change places, amid what others make of the file by hand.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use annals_core::{
    Edition, Exchange, Exchanged, Position, QueryError, ReadModels, Successor, TableFold, Timestamp,
};
use annals_sqlite::Database;
use annals_testing::read_models::bank::{Balance, STORE, batch, deposit};
use async_trait::async_trait;

/// The candidate is as far as the current edition.
struct NeverBehind;

#[async_trait]
impl Successor for NeverBehind {
    async fn catch_up(&mut self, position: Position) {
        panic!("the candidate is not at {position}");
    }
}

async fn take_in(database: &Database, edition: Edition, cents: i64) {
    let fold = TableFold::of_rows::<Balance>();
    let editions = database.editions().unwrap();
    let projector = editions.projector(fold, edition).await.unwrap();
    projector.resume(STORE).await.unwrap();
    let events = vec![deposit(1, "a", cents)];
    projector.apply(batch(0, events)).await.unwrap();
}

async fn cut_over(database: &Database) -> Result<Exchanged, QueryError> {
    let (fold, now) = (TableFold::of_rows::<Balance>(), Timestamp::UNIX_EPOCH);
    let editions = database.editions().unwrap();
    editions
        .exchange(&fold, Exchange::CutOver, &mut NeverBehind, now)
        .await
}

async fn total(database: &Database) -> i64 {
    let total = "select total from totals";
    let total = database.read(|connection| connection.query_row(total, [], |row| row.get(0)));
    total.await.unwrap()
}

#[tokio::test]
async fn a_view_shows_what_is_current_however_often_that_changes() {
    let database = Database::in_memory().await.unwrap();
    take_in(&database, Edition::Current, 1).await;
    let view = "create view totals as select sum(cents) as total from balances";
    database
        .write(move |tx| tx.execute_batch(view))
        .await
        .unwrap();
    for cents in 2..5 {
        take_in(&database, Edition::Candidate, cents).await;
        let exchanged = cut_over(&database).await.unwrap();
        assert_eq!(exchanged, Exchanged::Done(Position(1)));
        assert_eq!(total(&database).await, cents);
    }
    let editions = database.editions().unwrap();
    let dropped = editions.discard_replaced("balances", Timestamp::UNIX_EPOCH);
    assert!(dropped.await.unwrap());
    take_in(&database, Edition::Candidate, 5).await;
    cut_over(&database).await.unwrap();
    assert_eq!(total(&database).await, 5);
}

#[tokio::test]
async fn a_time_of_replacement_that_is_none_is_damage() {
    let database = Database::in_memory().await.unwrap();
    take_in(&database, Edition::Current, 1).await;
    let damage = "update annals_checkpoints set replaced_at = 9223372036854775807";
    database
        .write(move |tx| tx.execute_batch(damage))
        .await
        .unwrap();
    let listed = database.editions().unwrap().list("balances").await;
    assert!(
        matches!(listed, Err(QueryError::Damaged { .. })),
        "{listed:?}"
    );
}
