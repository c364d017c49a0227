//! Who asks for an append that is on its way is answered when it is settled, and not before; and
//! nobody else waits meanwhile.

use std::sync::Arc;

use annals_core::{Append, EventStore, ExpectedVersion};
use annals_postgres::{Postgres, PostgresOptions, PostgresStore};
use annals_servers::postgres_url;
use futures_util::FutureExt;
use tokio::time::timeout;

use crate::lock::StoreLock;
use crate::place::Place;
use crate::sample::{LIMIT, append};

/// A store with one connection to read by, and the lock that its appends wait for.
async fn locked() -> (Arc<PostgresStore>, StoreLock) {
    let options = PostgresOptions::new(&Place::on(postgres_url()).url()).unwrap();
    let postgres = Postgres::connect_with(options.pool_size(1)).await.unwrap();
    let store = Arc::new(PostgresStore::open(&postgres).await.unwrap());
    store.append(any("Way-0")).await.unwrap();
    (store, StoreLock::hold(&postgres).await)
}

fn any(stream: &str) -> Append {
    append(stream, ExpectedVersion::Any)
}

/// Appends whose callers wait, one for each writer.
async fn occupy_writers(store: &Arc<PostgresStore>, lock: &StoreLock) {
    for writer in 1..=2 {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.append(any("Way-1")).await });
        lock.is_wanted_by(writer).await;
    }
}

#[tokio::test]
async fn an_append_in_line_whose_caller_went_away_is_found() {
    let (store, lock) = locked().await;
    occupy_writers(&store, &lock).await;
    let in_line = any("Way-2");
    // Dropped once it is in line.
    assert!(store.append(in_line.clone()).now_or_never().is_none());
    let found = async { tokio::join!(store.find_append(in_line.id), lock.release()).0 };
    let found = timeout(LIMIT, found).await.unwrap().unwrap();
    assert_eq!(found.map(|appended| appended.id), Some(in_line.id));
}

#[tokio::test]
async fn reads_go_on_while_an_append_is_looked_for() {
    let (store, lock) = locked().await;
    let under_way = any("Way-1");
    let (appender, append) = (Arc::clone(&store), under_way.clone());
    tokio::spawn(async move { appender.append(append).await });
    lock.is_wanted_by(1).await;
    let searches: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.find_append(under_way.id).await })
        })
        .collect();
    for _ in 0..10 {
        store.head().await.unwrap();
    }
    drop(lock);
    for search in searches {
        let found = timeout(LIMIT, search).await.unwrap().unwrap().unwrap();
        assert_eq!(found.map(|appended| appended.id), Some(under_way.id));
    }
}
