//! An import that was interrupted is run again, from its beginning.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::join;

use crate::history::{SEVERAL_BATCHES, assert_holds, counts, history, import, store};

#[tokio::test]
async fn a_history_that_is_imported_twice_is_recorded_once() {
    let store = store().await;
    let history = history(SEVERAL_BATCHES);
    let first = import(&store, &history).await.unwrap();
    assert_eq!(counts(first), (SEVERAL_BATCHES, SEVERAL_BATCHES, 0));
    assert_eq!(first.last.0, SEVERAL_BATCHES);
    let again = import(&store, &history).await.unwrap();
    assert_eq!(counts(again), (0, 0, SEVERAL_BATCHES));
    assert_holds(&store, &history).await;
}

#[tokio::test]
async fn an_import_tells_how_far_it_has_come_and_goes_on_from_there() {
    let store = store().await;
    let history = history(SEVERAL_BATCHES);
    let mut interrupted = store.import();
    let mut rest = history.iter();
    while interrupted.imported().appends == 0 {
        interrupted
            .append(rest.next().unwrap().clone())
            .await
            .unwrap();
    }
    let done = interrupted.imported();
    drop(interrupted);
    assert!(done.events < SEVERAL_BATCHES);

    let resumed = import(&store, &history).await.unwrap();
    let left = SEVERAL_BATCHES - done.events;
    assert_eq!(counts(resumed), (left, left, done.events));
    assert_holds(&store, &history).await;
}

#[tokio::test]
async fn an_append_that_is_given_twice_is_recorded_once() {
    let store = store().await;
    let history = history(3);
    let twice = [&history[..], &history[..]].concat();
    assert_eq!(counts(import(&store, &twice).await.unwrap()), (3, 3, 3));
    assert_holds(&store, &history).await;
}

#[tokio::test]
async fn two_imports_of_one_history_record_it_once() {
    let store = store().await;
    let history = history(SEVERAL_BATCHES);
    let (one, other) = join!(import(&store, &history), import(&store, &history));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.appends + other.appends, SEVERAL_BATCHES);
    assert_eq!(one.repeated + other.repeated, SEVERAL_BATCHES);
    assert_holds(&store, &history).await;
}

#[tokio::test]
async fn an_import_of_nothing_is_done() {
    let store = store().await;
    assert_eq!(counts(import(&store, &[]).await.unwrap()), (0, 0, 0));
}

#[tokio::test]
async fn an_import_that_is_given_up_at_any_point_goes_on() {
    let store = store().await;
    let history = history(200);
    let mut points = 0;
    while give_up(import(&store, &history), points).await.is_none() {
        points += 1;
    }
    assert!(points > 5, "it was given up at {points} points");
    assert_holds(&store, &history).await;
}

/// Polls a future so many times, then drops it.
async fn give_up<T>(future: impl Future<Output = T>, mut polls: usize) -> Option<T> {
    let mut future = std::pin::pin!(future);
    poll_fn(|cx| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}
