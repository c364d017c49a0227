//! While parked events are tried again, the editions are exchanged: each event counts once in each.

use std::sync::Arc;
use std::time::Duration;

use annals::runtime::{Backoff, CutOver, ParkedError, RunnerOptions, run_projection};
use annals::{Annals, Position, Selection, TableFold};

use crate::balances::{Balance, Fragile};
use crate::place::{LONG, Place, assert_cut_over, in_small_batches, is_compared};

const ACCOUNTS: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_released_counts_once_in_whichever_edition_it_is() {
    counts_once(Place::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_what_is_released_counts_once_in_whichever_edition_it_is() {
    counts_once(Place::on_postgresql().await).await;
}

async fn counts_once(place: Place) {
    let last = place.deposit(ACCOUNTS).await;
    park_everything(&place, last).await;
    let mended = Arc::new(place.start::<Balance>().await);
    let parked = mended.parked_events("balances").count().await.unwrap();
    assert_eq!(parked, ACCOUNTS);
    let rebuilds = mended.rebuilds("balances");
    // All is parked until the first exchange is about to come.
    let first = rebuilds.begin(in_small_batches(CutOver::WhenTold));
    first.wait_for(is_compared).await;
    let mending = tokio::spawn(mend(Arc::clone(&mended)));
    first.accept();
    assert_cut_over(&first.end().await);
    for _ in 0..2 {
        let rebuild = rebuilds.begin(in_small_batches(CutOver::WhenComplete));
        assert_cut_over(&rebuild.end().await);
    }
    tokio::time::timeout(LONG, mending).await.unwrap().unwrap();
    assert_counted(&mended).await;
    mended.rebuilds("balances").roll_back().await.unwrap();
    assert_counted(&mended).await;
}

/// Runs code that can take in nothing, and tries each event once.
async fn park_everything(place: &Place, last: Position) {
    let options = RunnerOptions {
        event_attempts: 1,
        backoff: Backoff {
            first: Duration::from_millis(1),
            most: Duration::from_millis(1),
        },
        ..RunnerOptions::default()
    };
    let fragile = TableFold::of_rows::<Fragile>();
    let projector = place.read_models.projector(fragile).await.unwrap();
    let fragile = run_projection(Arc::clone(&place.store), projector, options);
    fragile.wait_for(last, LONG).await.unwrap();
    fragile.stop().await;
}

/// Tries each event again, one by one.
async fn mend(service: Arc<Annals>) {
    let parked = service.parked_events("balances");
    for position in 1..=ACCOUNTS {
        match parked.retry(Position(position)).await {
            // Of an edition that parked it, or made by code that need not.
            Ok(_) | Err(ParkedError::NotParked(_)) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::task::yield_now().await;
    }
}

async fn assert_counted(service: &Annals) {
    let parked = service.parked_events("balances").count().await.unwrap();
    assert_eq!(parked, 0);
    let rows = service.table::<Balance>().list(Selection::new()).await;
    let rows = rows.unwrap();
    assert_eq!(rows.len() as u64, ACCOUNTS);
    assert!(rows.iter().all(|row| row.cents == 1), "{rows:?}");
}
