//! Each event once when nothing fails, in the order of its stream, and the position tells how far.

use std::sync::Arc;

use annals_core::{Effect, EventStore, Position, ProjectionError, Projector};
use annals_runtime::{ProjectionStatus, RunError};
use annals_sqlite::Database;

use crate::ledger::{LONG, Ledger, new_store, record};
use crate::outside::{
    Answer, Call, CallInOneLine, ImpatientCall, Outside, all_of, begin, perform, perform_in,
};

#[tokio::test]
async fn each_event_is_performed_and_the_position_tells_it() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    record(&*store, "Account", 3).await;
    let last = record(&*store, "Parcel", 2).await;
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.arrived(), [1, 2, 3]);
}

#[tokio::test]
async fn an_event_waits_until_the_one_before_it_in_its_stream_is_done() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    outside.answer(2, [Answer::Busy; 3]);
    let last = record(&*store, "Account", 3).await;
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.called(), [1, 2, 2, 2, 2, 3]);
}

#[tokio::test]
async fn streams_go_beside_each_other_up_to_a_bound() {
    let (store, ledger) = (new_store(), Ledger::new());
    let outside = Outside::taking_together(8);
    let mut last = Position::START;
    for _ in 0..16 {
        last = record(&*store, "Account", 1).await;
    }
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.most_at_once(), 8);
}

#[tokio::test]
async fn streams_of_one_partition_go_one_after_the_other() {
    let (store, outside) = (new_store(), Outside::new());
    let database = Database::in_memory().await.unwrap();
    for _ in 0..8 {
        record(&*store, "Account", 1).await;
    }
    outside.answer(1, [Answer::Slow(20)]);
    outside.answer(3, [Answer::Refused]);
    let last = Position(8);
    let effect = CallInOneLine(Arc::clone(&outside));
    let (effect, parked) = perform_in(effect, &store, &database).await;
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.called(), [1, 2, 3]);
    assert_eq!(outside.most_at_once(), 1);
    assert_eq!(parked.count().await.unwrap(), 6);
    parked.retry_all().await.unwrap();
    assert_eq!(outside.arrived(), (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn after_a_failure_only_its_own_stream_waits() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    record(&*store, "Account", 2).await;
    for _ in 0..16 {
        record(&*store, "Account", 1).await;
    }
    outside.answer(1, [Answer::Busy]);
    let effect = begin(Call::to(&outside), &store, &ledger).await;
    effect.resume(store.id()).await.unwrap();
    let failure = effect.apply(all_of(&store).await).await.unwrap_err();
    assert!(
        matches!(failure, ProjectionError::NotAcknowledged { position, .. } if position.0 == 1),
        "{failure}"
    );
    assert_eq!(outside.arrived(), (3..=18).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_is_done_ahead_of_a_failure_is_not_done_again_by_a_retry() {
    let (store, ledger) = (new_store(), Ledger::new());
    let outside = Outside::taking_together(2);
    outside.answer(1, [Answer::Busy]);
    for _ in 0..2 {
        record(&*store, "Account", 1).await;
    }
    let effect = begin(Call::to(&outside), &store, &ledger).await;
    effect.resume(store.id()).await.unwrap();
    effect.apply(all_of(&store).await).await.unwrap_err();
    assert_eq!(effect.resume(store.id()).await.unwrap(), Position::START);
    tokio::time::advance(LONG).await;
    effect.apply(all_of(&store).await).await.unwrap();
    assert_eq!(outside.arrived(), [2, 1]);
}

#[tokio::test]
async fn without_a_place_for_dead_letters_a_refusal_stops_the_effect_right_before_it() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    outside.answer(3, [Answer::Refused; 10]);
    let last = record(&*store, "Account", 4).await;
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    let failed = effect.wait_for(last, LONG).await.unwrap_err();
    assert_eq!(failed_at(&failed.cause), 3);
    // It is kept one ahead.
    assert_eq!(ledger.kept().checkpoint, Position(2).next());
    assert_eq!(outside.arrived(), [1, 2]);
    assert_eq!(outside.called(), [1, 2, 3], "a refusal is not repeated");
}

#[tokio::test]
async fn a_panic_is_an_error_at_its_event() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    outside.answer(2, [Answer::Panic; 10]);
    let last = record(&*store, "Account", 2).await;
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    let failed = effect.wait_for(last, LONG).await.unwrap_err();
    assert_eq!(failed_at(&failed.cause), 2);
}

#[tokio::test(start_paused = true)]
async fn a_batch_takes_little_longer_than_one_event_may() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    for position in 1..=3 {
        outside.answer(position, [Answer::After(ImpatientCall::TIMEOUT * 3 / 5)]);
    }
    record(&*store, "Account", 3).await;
    let effect = begin(ImpatientCall::to(&outside), &store, &ledger).await;
    effect.resume(store.id()).await.unwrap();
    let late = effect.apply(all_of(&store).await).await.unwrap_err();
    assert!(matches!(late, ProjectionError::Unavailable(_)), "{late}");
    assert_eq!(outside.arrived(), [1, 2]);
    assert_eq!(effect.resume(store.id()).await.unwrap(), Position(2));
}

#[tokio::test]
async fn what_is_never_answered_is_tried_again() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    outside.answer(1, [Answer::Silence; 10]);
    let last = record(&*store, "Account", 2).await;
    let effect = perform(ImpatientCall::to(&outside), &store, &ledger).await;
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.arrived(), [1, 2]);
}

fn failed_at(status: &ProjectionStatus) -> u64 {
    match status {
        ProjectionStatus::Failed {
            error: RunError::ReadModel(ProjectionError::Event { position, .. }),
        } => position.0,
        other => panic!("it is {other} instead"),
    }
}
