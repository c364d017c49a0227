use std::time::Duration;

use super::*;
use crate::place::Place;

/// Longest wait for what is done in the background.
const LONG: Duration = Duration::from_secs(60);

async fn home() -> Postgres {
    let place = Place::on(annals_servers::postgres_url());
    Postgres::connect(&place.url()).await.unwrap()
}

async fn exists(home: &Postgres, schema: &str) -> bool {
    let exists = "select to_regnamespace($1) is not null";
    let client = home.client().await.unwrap();
    let rows = client.rows(exists, &[(&schema, Type::TEXT)]).await.unwrap();
    rows[0].get(0)
}

async fn noted(home: &Postgres) -> i64 {
    let count = home.sql("select count(*) from {read}.annals_leases");
    let client = home.client().await.unwrap();
    client.rows(&count, &[]).await.unwrap()[0].get(0)
}

async fn run_out(home: &Postgres, work: &str) {
    let run_out = "update {read}.annals_leases set expires_at = '-infinity' where work = $1";
    let (run_out, work) = (home.sql(run_out), [(&work as _, Type::TEXT)]);
    let client = home.client().await.unwrap();
    assert_eq!(client.execute(&run_out, &work).await.unwrap(), 1);
}

#[tokio::test]
async fn a_place_is_dropped_with_the_last_who_has_it() {
    let home = home().await;
    let scratch = Scratch::make(&home).await.unwrap();
    let schema = scratch.schema();
    assert!(exists(&home, &schema).await);
    drop(scratch);
    let gone = async { while exists(&home, &schema).await {} };
    tokio::time::timeout(LONG, gone).await.unwrap();
    assert_eq!(noted(&home).await, 0);
}

#[tokio::test]
async fn a_place_of_a_killed_process_is_dropped_by_who_makes_the_next() {
    let home = home().await;
    let held = Scratch::make(&home).await.unwrap();
    let abandoned = Scratch::make(&home).await.unwrap();
    let left_behind = abandoned.schema();
    // As if its process had been killed, and its lease had run out since.
    std::mem::forget(abandoned);
    run_out(&home, &work_of(&left_behind)).await;
    let next = Scratch::make(&home).await.unwrap();
    assert!(!exists(&home, &left_behind).await);
    assert!(exists(&home, &held.schema()).await);
    assert!(exists(&home, &next.schema()).await);
    assert_eq!(noted(&home).await, 2);
}

#[tokio::test]
async fn other_work_that_is_given_up_is_left_alone() {
    let home = home().await;
    let leases = PostgresLeases::new(&home, LeaseOptions::default());
    let lease = leases.try_acquire("scratch balances").await.unwrap();
    lease.unwrap().give_back().await;
    let _next = Scratch::make(&home).await.unwrap();
    assert_eq!(noted(&home).await, 2);
}
