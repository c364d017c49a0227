//! The same projection, in the appends of one process and run by another: each event is taken in
//! once, by whoever comes first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals_core::{
    EventStore, Position, ProjectionBatch, ProjectionError, Projector, Read, Source, TableFold,
};
use annals_postgres::PostgresStore;
use futures_util::future::join_all;

use crate::bank::Balance;
use crate::inline_bank::{InlineBank, deposit_of};

/// A runner of the balances, at its checkpoint.
async fn runner(bank: &InlineBank) -> Arc<dyn Projector> {
    let fold = TableFold::of_rows::<Balance>();
    let runner = bank.database.read_models.projector(fold).await.unwrap();
    runner.resume(bank.store.id()).await.unwrap();
    runner
}

/// Everything behind a position.
async fn batch_after(store: &PostgresStore, after: Position) -> ProjectionBatch {
    let read = Read::forwards(Source::all_after(after));
    let events = store.read(read).await.unwrap();
    let events = events.collect().await.unwrap();
    ProjectionBatch {
        after,
        up_to: events.last().map_or(after, |last| last.position),
        events: events.into(),
    }
}

#[tokio::test]
async fn a_runner_behind_an_append_finds_the_checkpoint_moved() {
    let bank = InlineBank::new().await;
    let runner = runner(&bank).await;
    bank.store.append(deposit_of("a", 5)).await.unwrap();

    let late = batch_after(&bank.store, Position::START).await;
    let refused = runner.apply(late).await.unwrap_err();

    assert!(matches!(
        refused,
        ProjectionError::Moved {
            actual: Position(1),
            ..
        }
    ));
    bank.judge().await;
}

#[tokio::test]
async fn an_append_behind_a_runner_takes_in_what_is_left() {
    let bank = InlineBank::new().await;
    let plain = bank.plain_store().await;
    let runner = runner(&bank).await;
    for cents in 1..=3 {
        plain.append(deposit_of("a", cents)).await.unwrap();
    }
    let mut some = batch_after(&plain, Position::START).await;
    some.up_to = Position(2);
    some.events = some.events[..2].into();
    runner.apply(some).await.unwrap();

    bank.store.append(deposit_of("a", 100)).await.unwrap();

    bank.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amid_writers_nothing_is_taken_in_twice_or_left_out() {
    let bank = Arc::new(InlineBank::new().await);
    let plain = Arc::new(bank.plain_store().await);
    let is_over = Arc::new(AtomicBool::new(false));
    let running = tokio::spawn(run_until(Arc::clone(&bank), Arc::clone(&is_over)));
    let writers = (0..8).map(|writer| {
        let (bank, plain) = (Arc::clone(&bank), Arc::clone(&plain));
        tokio::spawn(async move {
            for cents in 1..=40 {
                let deposit = deposit_of("shared", cents);
                match (writer + cents) % 3 {
                    0 => bank.store.append(deposit).await.unwrap(),
                    _ => plain.append(deposit).await.unwrap(),
                };
            }
        })
    });
    for done in join_all(writers).await {
        done.unwrap();
    }
    is_over.store(true, Ordering::Release);
    let batches = running.await.unwrap();
    assert!(batches > 0, "the runner came first at times");
    bank.store.append(deposit_of("shared", 1)).await.unwrap();
    bank.judge().await;
}

/// Runs the balances, from wherever the checkpoint is, and tells how many batches it came first
/// with.
async fn run_until(bank: Arc<InlineBank>, is_over: Arc<AtomicBool>) -> usize {
    let runner = runner(&bank).await;
    let mut batches = 0;
    let mut after = runner.position(bank.store.id()).await.unwrap();
    while !is_over.load(Ordering::Acquire) {
        let batch = batch_after(&bank.store, after).await;
        let up_to = batch.up_to;
        match runner.apply(batch).await {
            Ok(()) => {
                batches += 1;
                after = up_to;
            }
            Err(ProjectionError::Moved { actual, .. }) => after = actual,
            Err(error) => panic!("{error}"),
        }
    }
    batches
}
