//! A process that is paused amid a transaction does not stop those that take over its work: the
//! server takes its locks back. A pooler in between changes nothing of it.

use std::time::Duration;

use annals_postgres::{Postgres, PostgresError, PostgresOptions};
use annals_servers::{PgBouncer, PostgresCluster};
use tokio::time::timeout;

use crate::admin::Admin;

/// Far longer than anything takes here, unless it is broken.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn between_two_statements() {
    let cluster = PostgresCluster::start().unwrap();
    let pgbouncer = PgBouncer::start(&cluster.url()).unwrap();
    let admin = Admin::of(&cluster).await;
    admin
        .execute("create table birds (); create table bats ()")
        .await;
    tokio::join!(
        assert_loses_lock(cluster.url(), "birds", Admin::of(&cluster).await),
        assert_loses_lock(behind(&pgbouncer), "bats", Admin::of(&cluster).await),
    );
}

async fn assert_loses_lock(url: String, table: &str, admin: Admin) {
    let postgres = Postgres::connect(&url).await.unwrap();
    let mut client = postgres.client().await.unwrap();
    let paused = client.transaction().await.unwrap();
    let lock = format!("lock table {table}");
    paused.batch(&lock).await.unwrap();

    let other = format!("begin; {lock}; commit");
    let taken = timeout(LONG, admin.execute(&other)).await;
    taken.unwrap_or_else(|_| panic!("{table} is locked for ever"));
    let refusal = paused.commit().await.unwrap_err();
    let unavailable = matches!(refusal, PostgresError::Unavailable { .. });
    assert!(unavailable, "{refusal}");
}

#[tokio::test]
async fn amid_a_statement_behind_a_pooler() {
    let cluster = PostgresCluster::start().unwrap();
    let pgbouncer = PgBouncer::start(&cluster.url()).unwrap();
    let options = PostgresOptions::new(&behind(&pgbouncer))
        .unwrap()
        .statement_timeout(Duration::from_millis(100));
    let postgres = Postgres::connect_with(options).await.unwrap();
    let mut client = postgres.client().await.unwrap();
    let tx = client.transaction().await.unwrap();

    let refusal = tx.rows("select pg_sleep(600)", &[]).await.unwrap_err();
    let message = refusal.to_string();
    assert!(message.contains("due to statement timeout"), "{message}");
}

fn behind(pgbouncer: &PgBouncer) -> String {
    format!("{}?pooler=true", pgbouncer.url())
}
