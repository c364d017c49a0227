//! An effect that is switched on performs the past, or only what comes; after that it never skips.

use annals_core::{Effect, EventStore, Position, Projector};

use crate::ledger::{LONG, Ledger, new_store, record};
use crate::outside::{Call, CallFromNow, Outside, begin, perform};

#[tokio::test]
async fn from_the_beginning_all_that_happened_is_performed() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    let last = record(&*store, "Account", 3).await;
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    effect.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.arrived(), [1, 2, 3]);
}

#[tokio::test]
async fn from_now_on_only_what_comes_is_performed() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    record(&*store, "Account", 3).await;
    let effect = begin(CallFromNow::to(&outside), &store, &ledger).await;
    assert_eq!(effect.position(store.id()).await.unwrap(), Position(3));
    // Before it runs, and all the same after it was declared.
    record(&*store, "Account", 1).await;
    let running = perform(CallFromNow::to(&outside), &store, &ledger).await;
    let last = record(&*store, "Account", 1).await;
    running.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.arrived(), [4, 5]);
}

#[tokio::test]
async fn what_is_not_done_yet_is_not_skipped_by_a_restart_however_early_it_began() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    drop(begin(CallFromNow::to(&outside), &store, &ledger).await);
    let last = record(&*store, "Account", 2).await;
    let restarted = perform(CallFromNow::to(&outside), &store, &ledger).await;
    restarted.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.arrived(), [1, 2]);
}

#[tokio::test]
async fn it_goes_on_where_it_was() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    let effect = perform(Call::to(&outside), &store, &ledger).await;
    let last = record(&*store, "Account", 2).await;
    effect.wait_for(last, LONG).await.unwrap();
    effect.stop().await;
    let last = record(&*store, "Account", 1).await;
    let again = perform(Call::to(&outside), &store, &ledger).await;
    again.wait_for(last, LONG).await.unwrap();
    assert_eq!(outside.arrived(), [1, 2, 3]);
}

#[tokio::test]
async fn of_processes_that_begin_at_once_each_finds_it_begun() {
    let (store, ledger, outside) = (new_store(), Ledger::new(), Outside::new());
    record(&*store, "Account", 3).await;
    let beside = Ledger::beside(&ledger);
    let (one, other) = tokio::join!(
        begin(CallFromNow::to(&outside), &store, &ledger),
        begin(CallFromNow::to(&outside), &store, &beside),
    );
    for process in [one, other] {
        assert_eq!(process.position(store.id()).await.unwrap(), Position(3));
    }
    assert_eq!(CallFromNow::NAME, ledger.name());
}
