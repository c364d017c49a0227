//! A connection that was long silent is tried before it is used: its server may have vanished
//! without a word.

use std::time::Duration;

use annals_core::{EventStore, ExpectedVersion};
use annals_servers::postgres_url;
use tokio::time::{advance, pause, resume, timeout};

use crate::late::LateLine;
use crate::place::Place;
use crate::sample::{LIMIT, append, open_for};

/// Far less than an append or a statement may take.
const SOON: Duration = Duration::from_secs(15);

/// Lets time go by in which nobody says anything.
async fn fall_idle() {
    pause();
    advance(Duration::from_secs(60)).await;
    resume();
}

#[tokio::test]
async fn an_append_after_a_long_silence_takes_a_new_connection() {
    let line = LateLine::to(&Place::on(postgres_url()).url()).await;
    let store = open_for(LIMIT, line.url()).await;
    let seen = || append("Silence-1", ExpectedVersion::Any);
    // One by each writer.
    for _ in 0..2 {
        store.append(seen()).await.unwrap();
    }
    fall_idle().await;
    line.lose_connections();
    let appended = timeout(SOON, store.append(seen())).await;
    appended
        .expect("it does not wait for the lost one")
        .unwrap();
}

#[tokio::test]
async fn a_read_after_a_long_silence_takes_a_new_connection() {
    let line = LateLine::to(&Place::on(postgres_url()).url()).await;
    let store = open_for(LIMIT, line.url()).await;
    store.head().await.unwrap();
    fall_idle().await;
    line.lose_connections();
    let head = timeout(SOON, store.head()).await;
    head.expect("it does not wait for the lost one").unwrap();
}
