//! Whatever goes wrong, what may have been lost arrives again, under the key it had.

use annals_core::{EventStore, Position, ProjectionError, Projector};

use crate::ledger::{Fault, LONG, Ledger, new_store, record};
use crate::outside::{Answer, Call, Outside, all_of, begin, perform};

#[tokio::test]
async fn a_lost_answer_is_repeated_under_the_same_key() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    outside.answer(1, [Answer::Lost; 2]);
    let last = record(&*store, "Account", 2).await;
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.arrived(), [1, 1, 1, 2]);
    let keys = outside.keys(1);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_ne!(keys[0], outside.keys(2)[0]);
}

#[tokio::test]
async fn a_crash_before_the_checkpoint_repeats_under_the_same_key() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    record(&*store, "Account", 2).await;
    let crashed = begin(Call::to(&outside), &store, &ledger).await;
    crashed.resume(store.id()).await.unwrap();
    ledger.fail([Fault::BeforeCommit]);
    crashed.apply(all_of(&store).await).await.unwrap_err();

    let restarted = begin(Call::to(&outside), &store, &ledger).await;
    let checkpoint = restarted.resume(store.id()).await.unwrap();
    assert_eq!(checkpoint, Position::START);
    restarted.apply(all_of(&store).await).await.unwrap();
    assert_eq!(outside.arrived(), [1, 2, 1, 2]);
    for position in [1, 2] {
        let keys = outside.keys(position);
        assert_eq!(keys[0], keys[1]);
    }
}

#[tokio::test]
async fn the_checkpoint_keeps_what_was_done_before_a_failure() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    record(&*store, "Account", 3).await;
    outside.answer(3, [Answer::Busy]);
    let effect = begin(Call::to(&outside), &store, &ledger).await;
    effect.resume(store.id()).await.unwrap();
    effect.apply(all_of(&store).await).await.unwrap_err();

    let restarted = begin(Call::to(&outside), &store, &ledger).await;
    let checkpoint = restarted.resume(store.id()).await.unwrap();
    assert_eq!(checkpoint, Position(2));
}

#[tokio::test]
async fn a_process_that_lost_its_turn_performs_nothing() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    record(&*store, "Account", 2).await;
    let paused = begin(Call::to(&outside), &store, &ledger).await;
    paused.resume(store.id()).await.unwrap();
    let other = begin(Call::to(&outside), &store, &Ledger::beside(&ledger)).await;
    other.resume(store.id()).await.unwrap();
    other.apply(all_of(&store).await).await.unwrap();

    let refused = paused.apply(all_of(&store).await).await.unwrap_err();
    let moved = ProjectionError::Moved {
        expected: Position::START,
        actual: Position(2),
    };
    assert_eq!(refused.to_string(), moved.to_string());
    assert_eq!(outside.arrived(), [1, 2]);
}
