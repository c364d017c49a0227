//! An append is answered within the append timeout, whatever keeps it waiting, and an append that
//! was never sent is not called unconfirmed.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{AppendError, EventStore, ExpectedVersion, limits};
use annals_postgres::{Postgres, PostgresOptions, PostgresStore};
use annals_servers::postgres_url;
use bytes::Bytes;
use futures_util::future::select_all;
use tokio::time::timeout;

use crate::late::LateLine;
use crate::lock::StoreLock;
use crate::place::Place;
use crate::sample::{LIMIT, append, append_of_type, open_for, refuse_inserts};

const SOON: Duration = Duration::from_millis(400);

#[tokio::test]
async fn an_append_that_waited_in_line_for_too_long_was_not_written() {
    let options = PostgresOptions::new(&Place::on(postgres_url()).url()).unwrap();
    let postgres = Postgres::connect_with(options.append_timeout(SOON))
        .await
        .unwrap();
    let store = Arc::new(PostgresStore::open(&postgres).await.unwrap());
    store
        .append(append("Line-0", ExpectedVersion::Any))
        .await
        .unwrap();

    let lock = StoreLock::hold(&postgres).await;
    for writer in 1..=2 {
        let (store, append) = (Arc::clone(&store), append("Line-1", ExpectedVersion::Any));
        tokio::spawn(async move { store.append(append).await });
        lock.is_wanted_by(writer).await;
    }
    let in_line = append("Line-2", ExpectedVersion::Any);
    let told = timeout(2 * SOON, store.append(in_line.clone()))
        .await
        .unwrap();
    assert!(
        matches!(told, Err(AppendError::Unavailable { .. })),
        "{told:?}"
    );
    drop(lock);
    assert_eq!(store.find_append(in_line.id).await.unwrap(), None);
}

#[tokio::test]
async fn an_append_that_came_too_late_was_not_written() {
    let place = Place::on(postgres_url()).url();
    let store = open_for(LIMIT, &place).await;
    refuse_inserts(&place, "AN001", "true").await;
    let told = timeout(
        LIMIT / 2,
        store.append(append("Late-1", ExpectedVersion::Any)),
    );
    let told = told.await.unwrap();
    assert!(
        matches!(told, Err(AppendError::Unavailable { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_append_that_an_old_clock_made_too_late_is_sent_again_by_a_new_session() {
    let place = Place::on(postgres_url()).url();
    let store = open_for(LIMIT, &place).await;
    let clock = || append("Clock-1", ExpectedVersion::Any);
    store.append(clock()).await.unwrap();
    let postgres = Postgres::connect(&place).await.unwrap();
    let sessions = "select pid from pg_stat_activity
                    where query like '%{schema}.append(%' and pid <> pg_backend_pid()";
    let client = postgres.client().await.unwrap();
    let sessions = client.rows(&postgres.sql(sessions), &[]).await.unwrap();
    let of_old_clock: i32 = sessions[0].get(0);
    let when = format!("pg_backend_pid() = {of_old_clock}");
    refuse_inserts(&place, "AN001", &when).await;
    store.append(clock()).await.unwrap();
    store.append(clock()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_falls_silent_keeps_no_append_waiting() {
    let line = LateLine::to(&Place::on(postgres_url()).url()).await;
    let options = PostgresOptions::new(line.url()).unwrap();
    let options = options
        .connect_timeout(LIMIT)
        .turn_timeout(LIMIT)
        .append_timeout(SOON);
    let postgres = Postgres::connect_with(options).await.unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    let known = || append("Silent-1", ExpectedVersion::Any);
    store.append(known()).await.unwrap();
    line.fall_silent();

    let of_new_type = append_of_type("TypeCoined", "Silent-1", ExpectedVersion::Any);
    let told = timeout(2 * SOON, store.append(of_new_type)).await.unwrap();
    assert!(
        matches!(told, Err(AppendError::Unavailable { .. })),
        "{told:?}"
    );
    let told = timeout(2 * SOON, store.append(known())).await.unwrap();
    assert!(
        matches!(told, Err(AppendError::Unconfirmed { .. })),
        "{told:?}"
    );
    // Now a new connection would be needed.
    let told = timeout(2 * SOON, store.append(known())).await.unwrap();
    assert!(
        matches!(told, Err(AppendError::Unavailable { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_repeat_that_cannot_be_compared_is_answered_in_time() {
    let options = PostgresOptions::new(&Place::on(postgres_url()).url()).unwrap();
    let options = options.pool_size(1).turn_timeout(LIMIT);
    let postgres = Postgres::connect_with(options.append_timeout(SOON))
        .await
        .unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    let append = append("Repeat-1", ExpectedVersion::Any);
    store.append(append.clone()).await.unwrap();
    let _only_connection = postgres.client().await.unwrap();
    let told = timeout(2 * SOON, store.append(append)).await.unwrap();
    assert!(
        matches!(told, Err(AppendError::Unconfirmed { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_append_that_is_said_to_be_a_repeat_and_is_none_is_not_sent_again_and_again() {
    let place = Place::on(postgres_url()).url();
    let store = open_for(LIMIT, &place).await;
    refuse_inserts(&place, "23505", "true").await;
    let asked = store.append(append("Repeat-1", ExpectedVersion::Any));
    let told = timeout(LIMIT / 2, asked).await.unwrap();
    assert!(
        matches!(told, Err(AppendError::Unavailable { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn large_appends_beyond_what_may_wait_are_refused() {
    let options = PostgresOptions::new(&Place::on(postgres_url()).url()).unwrap();
    let postgres = Postgres::connect_with(options.append_timeout(4 * SOON))
        .await
        .unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    store
        .append(append("Large-0", ExpectedVersion::Any))
        .await
        .unwrap();
    let _lock = StoreLock::hold(&postgres).await;
    let payload = Bytes::from(vec![b' '; limits::EVENT_BYTES]);
    let asked = (0..70).map(|_| {
        let mut append = append("Large-1", ExpectedVersion::Any);
        append.writes[0].events[0].data = payload.clone();
        store.append(append)
    });
    // Before any of those that were sent is given up.
    let (told, _, _) = timeout(LIMIT, select_all(asked)).await.unwrap();
    assert!(
        matches!(told, Err(AppendError::Unavailable { .. })),
        "{told:?}"
    );
}
