//! An append whose inline projection the database does not let write is known not to be recorded.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{Append, AppendError, EventStore};
use annals_postgres::{
    InlineProjection, Postgres, PostgresOptions, PostgresReadModels, PostgresStore,
};
use tokio::time::timeout;

use crate::bank::{Database, Deposits};
use crate::inline_bank::deposit_of;
use crate::place::Place;

/// Far less than an append is tried for.
const AT_ONCE: Duration = Duration::from_secs(5);

const SOON: Duration = Duration::from_millis(400);

/// A store with the deposits inline, and its database.
async fn open(url: &str, append_timeout: Option<Duration>) -> (Database, PostgresStore) {
    let mut options = PostgresOptions::new(url).unwrap();
    if let Some(limit) = append_timeout {
        options = options.append_timeout(limit);
    }
    let postgres = Postgres::connect_with(options).await.unwrap();
    let inline = vec![InlineProjection::by_sql(Deposits::<1>)];
    let store = PostgresStore::open_with_inline(&postgres, inline)
        .await
        .unwrap();
    let read_models = Arc::new(PostgresReadModels::open(&postgres));
    let database = Database {
        postgres,
        read_models,
    };
    (database, store)
}

/// Runs PL/pgSQL at each deposit that is written.
async fn at_each_deposit(database: &Database, code: &str) {
    let mut client = database.postgres.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let trigger = format!(
        "create sequence {{read}}.tries;
         create function {{read}}.meddle() returns trigger language plpgsql as
         $$ begin {code} return new; end $$;
         create trigger meddle before insert on {{read}}.deposits for each row
         execute function {{read}}.meddle()"
    );
    tx.batch(&database.postgres.sql(&trigger)).await.unwrap();
    tx.commit().await.unwrap();
}

/// What an append is told that nothing was written of.
async fn refusal(store: &PostgresStore, append: Append) -> String {
    let told = timeout(AT_ONCE, store.append(append)).await;
    match told.expect("it is told at once") {
        Err(AppendError::Unavailable { reason }) => reason,
        other => panic!("it is not said that nothing was written: {other:?}"),
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_told_at_once() {
    let url = Place::on(annals_servers::postgres_url()).url();
    let (database, store) = open(&url, None).await;
    let deny = "raise 'permission denied for deposits' using errcode = '42501';";
    at_each_deposit(&database, deny).await;

    let reason = refusal(&store, deposit_of("a", 5)).await;

    let named = reason.starts_with("projection deposits:");
    assert!(named && reason.contains("permission denied"), "{reason}");
    assert_eq!(store.head().await.unwrap().0, 0);
}

#[tokio::test]
async fn a_lock_that_is_not_given_is_told_at_once() {
    let url = Place::on(annals_servers::postgres_url()).url();
    let (database, store) = open(&format!("{url}&options=-c%20lock_timeout%3D50"), None).await;
    let mut other = database.postgres.client().await.unwrap();
    let holder = other.transaction().await.unwrap();
    let lock = database.postgres.sql("lock table {read}.deposits");
    holder.batch(&lock).await.unwrap();

    let reason = refusal(&store, deposit_of("a", 5)).await;

    let named = reason.starts_with("projection deposits:");
    assert!(named && reason.contains("lock timeout"), "{reason}");
    drop(holder);
    store.append(deposit_of("a", 5)).await.unwrap();
}

#[tokio::test]
async fn a_projection_that_takes_too_long_leaves_nothing_unconfirmed() {
    let url = Place::on(annals_servers::postgres_url()).url();
    let (database, store) = open(&url, Some(SOON)).await;
    let mut other = database.postgres.client().await.unwrap();
    let holder = other.transaction().await.unwrap();
    let lock = database.postgres.sql("lock table {read}.deposits");
    holder.batch(&lock).await.unwrap();
    let deposit = deposit_of("a", 5);

    refusal(&store, deposit.clone()).await;

    drop(holder);
    assert_eq!(store.find_append(deposit.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_connection_that_breaks_amid_a_projection_is_made_again() {
    let url = Place::on(annals_servers::postgres_url()).url();
    let (database, store) = open(&url, None).await;
    let tries = database.postgres.sql("{read}.tries");
    let once = format!(
        "if nextval('{tries}') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;"
    );
    at_each_deposit(&database, &once).await;
    store.append(deposit_of("a", 5)).await.unwrap();
    assert_eq!(database.count("deposits").await, 1);
}
