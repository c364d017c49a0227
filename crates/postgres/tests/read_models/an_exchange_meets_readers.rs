//! Editions are exchanged amid those who read: nobody waits for long, and nobody sees two at once.

use std::sync::Arc;

use annals_core::{
    Edition, Exchange, Exchanged, Position, QueryError, Sample, Successor, TableFold, Timestamp,
};
use annals_postgres::Client;
use async_trait::async_trait;

use crate::bank::{Balance, Database, STORE, batch, deposit};

/// Whether somebody waits for a lock of the table that is read.
const WAITS: &str = "select exists (select from pg_locks
                     where not granted and relation = '{read}.balances'::regclass)";

/// What an exchange does, for who holds its locks already.
const BY_HAND: &str = "
    alter table {read}.balances set schema {read}_exchange;
    alter table {read}_candidate.balances set schema {read};
    update {read}.annals_checkpoints set projection = 'gone' where projection = 'balances';
    update {read}.annals_checkpoints set projection = 'balances'
      where projection = 'balances__candidate'";

/// Balances of one event and one row, and a candidate of two.
async fn two_editions() -> Database {
    let database = Database::new().await;
    let current = database.projector::<Balance>().await;
    current
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    let fold = TableFold::of_rows::<Balance>();
    let editions = database.read_models.editions().unwrap();
    let candidate = editions.projector(fold, Edition::Candidate).await.unwrap();
    candidate.resume(STORE).await.unwrap();
    let events = vec![deposit(1, "a", 7), deposit(2, "b", 7)];
    candidate.apply(batch(0, events)).await.unwrap();
    database
}

/// The candidate is ahead.
struct NeverBehind;

#[async_trait]
impl Successor for NeverBehind {
    async fn catch_up(&mut self, position: Position) {
        panic!("the candidate is not at {position}");
    }
}

async fn exchange(database: &Database) -> Result<Exchanged, QueryError> {
    let editions = database.read_models.editions().unwrap();
    let (fold, now) = (TableFold::of_rows::<Balance>(), Timestamp::UNIX_EPOCH);
    editions
        .exchange(&fold, Exchange::CutOver, &mut NeverBehind, now)
        .await
}

#[tokio::test]
async fn it_is_put_off_by_a_long_reader_and_puts_off_no_other() {
    let database = two_editions().await;
    let mut client = database.postgres.client().await.unwrap();
    let reader = client.transaction().await.unwrap();
    let read = database.postgres.sql("select cents from {read}.balances");
    reader.rows(&read, &[]).await.unwrap();

    let refused = exchange(&database).await.unwrap_err();
    let is_unavailable = matches!(refused, QueryError::Unavailable { .. });
    assert!(is_unavailable, "{refused:?}");
    assert_eq!(database.balance("a").await, Some(5));

    reader.commit().await.unwrap();
    let exchanged = exchange(&database).await.unwrap();
    assert_eq!(exchanged, Exchanged::Done(Position(2)));
    assert_eq!(database.balance("a").await, Some(7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_an_edition_are_those_of_its_position() {
    let database = two_editions().await;
    let mut client = database.postgres.client().await.unwrap();
    let exchanging = client.transaction().await.unwrap();
    let lock = "lock table {read}.balances in access exclusive mode";
    exchanging
        .batch(&database.postgres.sql(lock))
        .await
        .unwrap();
    let read_models = Arc::clone(&database.read_models);
    let rows = tokio::spawn(async move {
        let fold = TableFold::of_rows::<Balance>();
        let editions = read_models.editions().unwrap();
        let rows = editions.rows(&fold, Edition::Current, Sample::Random(9));
        rows.await.unwrap()
    });
    let other = database.postgres.client().await.unwrap();
    while !waits(&database, &other).await {
        tokio::task::yield_now().await;
    }
    exchanging
        .batch(&database.postgres.sql(BY_HAND))
        .await
        .unwrap();
    exchanging.commit().await.unwrap();

    let rows = rows.await.unwrap();
    assert_eq!((rows.position, rows.tables[0].count), (Position(2), 2));
}

async fn waits(database: &Database, client: &Client) -> bool {
    let rows = client.rows(&database.postgres.sql(WAITS), &[]).await;
    rows.unwrap()[0].get(0)
}
