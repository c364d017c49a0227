//! Whoever gives a call up, by dropping it, costs others nothing: nobody gets its connection, its
//! statement is stopped and its locks are given back.

use std::time::Duration;

use annals_core::{EventStore, Query, QueryItem, Read, Source, Tag};
use annals_postgres::{Postgres, PostgresError};
use annals_servers::{PgBouncer, PostgresCluster};
use tokio::time::timeout;

use crate::admin::Admin;
use crate::service::Service;

/// Far longer than anything takes here, unless it is broken.
const LONG: Duration = Duration::from_secs(20);

/// A call that nobody wants to wait for.
const SLOW: &str = "select pg_sleep(600)";

/// The server is at that call.
const IS_BUSY: &str = "exists (select from pg_stat_activity
    where wait_event = 'PgSleep' and state = 'active')";

#[tokio::test]
async fn the_next_call_does_not_wait_behind_it() {
    let cluster = PostgresCluster::start().unwrap();
    let admin = Admin::of(&cluster).await;
    let url = format!("{}?pool_size=1", cluster.url());
    let postgres = Postgres::connect(&url).await.unwrap();
    give_up_and_call(&admin, &postgres).await;
    admin.wait_until(&format!("not {IS_BUSY}")).await;
}

#[tokio::test]
async fn the_next_call_does_not_wait_behind_it_in_a_pooler_which_goes_on() {
    let cluster = PostgresCluster::start().unwrap();
    let pgbouncer = PgBouncer::start(&cluster.url()).unwrap();
    let admin = Admin::of(&cluster).await;
    // As is documented. Without it, what is given up ends when it has run to its end.
    admin
        .execute("alter role postgres set client_connection_check_interval = '100ms'")
        .await;
    let url = format!("{}?pool_size=1&pooler=true", pgbouncer.url());
    let postgres = Postgres::connect(&url).await.unwrap();
    give_up_and_call(&admin, &postgres).await;
    admin.wait_until(&format!("not {IS_BUSY}")).await;
}

async fn give_up_and_call(admin: &Admin, postgres: &Postgres) {
    let client = postgres.client().await.unwrap();
    give_up(admin, client.rows(SLOW, &[])).await;
    drop(client);

    let next = timeout(LONG, next_call(postgres)).await;
    next.expect("it does not wait").unwrap();
}

#[tokio::test]
async fn a_transaction_gives_back_its_locks() {
    let cluster = PostgresCluster::start().unwrap();
    let admin = Admin::of(&cluster).await;
    admin.execute("create table birds (name text)").await;
    let postgres = Postgres::connect(&cluster.url()).await.unwrap();
    let counting = async {
        let mut client = postgres.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        tx.batch("lock table birds").await.unwrap();
        tx.rows(SLOW, &[]).await
    };
    give_up(&admin, counting).await;

    let lock = admin.execute("begin; lock table birds; commit");
    timeout(LONG, lock).await.expect("it does not wait");
}

#[tokio::test]
async fn a_connection_that_owes_an_answer_takes_no_call() {
    let cluster = PostgresCluster::start().unwrap();
    let admin = Admin::of(&cluster).await;
    let postgres = Postgres::connect(&cluster.url()).await.unwrap();
    let client = postgres.client().await.unwrap();
    give_up(&admin, client.rows(SLOW, &[])).await;

    let refused = timeout(LONG, client.rows("select 1", &[])).await;
    let refusal = refused.expect("it does not wait").unwrap_err();
    assert!(refusal.is_unavailable(), "{refusal:?}");
}

#[tokio::test]
async fn a_read_waits_for_nothing_any_more() {
    let cluster = PostgresCluster::start().unwrap();
    let admin = Admin::of(&cluster).await;
    let service = Service::start(&cluster.url()).await;
    let waits = "exists (select from pg_locks where not granted)";

    admin.execute("begin; lock table annals.tags").await;
    tokio::select! {
        _ = service.store.read(Read::forwards(tagged("bird:wren"))) => panic!("it is locked"),
        () = admin.wait_until(waits) => {}
    }
    admin.wait_until(&format!("not {waits}")).await;
}

fn tagged(tag: &str) -> Source {
    let item = QueryItem::default().tags([Tag::new(tag).unwrap()]);
    Source::query(Query::any_of([item]))
}

/// Drops a call once the server is at it.
async fn give_up<T>(admin: &Admin, call: impl Future<Output = T>) {
    tokio::select! {
        _ = call => panic!("it takes ten minutes"),
        () = admin.wait_until(IS_BUSY) => {}
    }
}

async fn next_call(postgres: &Postgres) -> Result<(), PostgresError> {
    let client = postgres.client().await?;
    client.rows("select 1", &[]).await?;
    Ok(())
}
