//! A reader says how new an answer must be, and waits no longer than that takes.

use std::sync::Arc;
use std::time::Duration;

use annals_core::Position;
use annals_embedded::EmbeddedStore;
use annals_runtime::{Freshness, NotFresh, ProjectionHandle, ProjectionStatus, RunnerOptions};
use futures_util::FutureExt;

use crate::ledger::{LONG, Ledger, new_store, quick, record, run, until};
use crate::processes::until_live;

const MINUTE: Duration = Duration::from_secs(60);

/// A projection that tries again for as long as it takes.
fn run_patiently(store: &Arc<EmbeddedStore>, ledger: &Arc<Ledger>) -> ProjectionHandle {
    let options = RunnerOptions {
        event_attempts: u32::MAX,
        ..quick()
    };
    run(store, ledger, options)
}

/// Turns the clock.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// What an answer that waits for nothing tells.
async fn at_once(
    store: &Arc<EmbeddedStore>,
    projection: &ProjectionHandle,
    freshness: Freshness,
) -> Result<Position, Position> {
    let answer = projection.wait_until_fresh(&**store, freshness, Duration::ZERO);
    match answer.await {
        Ok(position) => Ok(position),
        Err(NotFresh::NotReached(missed)) => Err(missed.reached),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn what_may_be_of_any_age_is_answered_at_once() {
    let (store, ledger) = (new_store(), Ledger::closed());
    record(&*store, "Account", 1).await;
    let projection = run(&store, &ledger, quick());
    let answer = at_once(&store, &projection, Freshness::Any).await;
    assert_eq!(answer, Ok(Position::START));
    let own_write = Freshness::AtLeast(Position(1));
    let answer = at_once(&store, &projection, own_write).await;
    assert_eq!(answer, Err(Position::START));
    ledger.open();
    let answer = projection.wait_until_fresh(&*store, own_write, LONG).await;
    assert_eq!(answer.unwrap(), Position(1));
}

#[tokio::test]
async fn a_current_answer_holds_all_that_was_recorded_when_it_was_asked_for() {
    let (store, ledger) = (new_store(), Ledger::closed());
    let last = record(&*store, "Account", 3).await;
    let projection = run(&store, &ledger, quick());
    let early = at_once(&store, &projection, Freshness::Current).await;
    assert_eq!(early, Err(Position::START));
    ledger.open();
    let answer = projection.wait_until_fresh(&*store, Freshness::Current, LONG);
    assert_eq!(answer.await.unwrap(), last);
    assert_eq!(ledger.applied(), [1, 2, 3]);
}

#[tokio::test]
async fn a_current_answer_does_not_wait_for_what_is_recorded_later() {
    let (store, ledger) = (new_store(), Ledger::closed());
    let asked_at = record(&*store, "Account", 1).await;
    let projection = run_patiently(&store, &ledger);
    let mut answer = Box::pin(projection.wait_until_fresh(&*store, Freshness::Current, LONG));
    assert!((&mut answer).now_or_never().is_none());
    ledger.poison(2);
    record(&*store, "Account", 1).await;
    ledger.open();
    assert_eq!(answer.await.unwrap(), asked_at);
}

#[tokio::test]
async fn what_was_seen_to_be_complete_counts_for_as_long_as_is_said() {
    let (store, ledger) = (new_store(), Ledger::new());
    let seen = record(&*store, "Account", 1).await;
    let projection = run_patiently(&store, &ledger);
    until_live(&projection).await;
    pass(10 * MINUTE).await;
    let answer = projection.wait_until_fresh(&*store, Freshness::Current, LONG);
    assert_eq!(answer.await.unwrap(), seen);

    // From now on it is behind.
    ledger.poison(2);
    let last = record(&*store, "Account", 1).await;
    pass(MINUTE / 2).await;
    let within_a_minute = Freshness::NoOlderThan(MINUTE);
    let answer = at_once(&store, &projection, within_a_minute).await;
    assert_eq!(answer, Ok(seen));
    let too_old = Freshness::NoOlderThan(MINUTE / 4);
    assert_eq!(at_once(&store, &projection, too_old).await, Err(seen));
    pass(MINUTE / 2).await;
    let answer = at_once(&store, &projection, within_a_minute).await;
    assert_eq!(answer, Err(seen));

    // And whoever waits is woken.
    let mut answer = Box::pin(projection.wait_until_fresh(&*store, within_a_minute, LONG));
    assert!((&mut answer).now_or_never().is_none());
    ledger.mend();
    assert_eq!(answer.await.unwrap(), last);
}

#[tokio::test]
async fn a_projection_knows_itself_when_it_was_last_complete() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Account", 1).await;
    let projection = run_patiently(&store, &ledger);
    until_live(&projection).await;
    ledger.poison(2);
    record(&*store, "Account", 1).await;
    let within_a_minute = Freshness::NoOlderThan(MINUTE);
    let answer = at_once(&store, &projection, within_a_minute).await;
    assert_eq!(answer, Ok(last));
}

#[tokio::test]
async fn a_projection_that_took_long_is_as_old_as_what_it_took_in() {
    let (store, ledger) = (new_store(), Ledger::closed());
    let projection = run(&store, &ledger, quick());
    until_live(&projection).await;
    let last = record(&*store, "Account", 1).await;
    let _arrived = ledger.arrived.acquire().await;
    pass(10 * MINUTE).await;
    ledger.open();
    // Only now it takes in where the store ended ten minutes ago.
    projection.wait_for(last, LONG).await.unwrap();
    // Whoever has to ask the store finds that it has gone on.
    let gone_on = new_store();
    record(&*gone_on, "Account", 2).await;
    let within_a_minute = Freshness::NoOlderThan(MINUTE);
    let answer = at_once(&gone_on, &projection, within_a_minute).await;
    assert_eq!(answer, Err(last));
    let within_the_hour = Freshness::NoOlderThan(60 * MINUTE);
    let answer = at_once(&gone_on, &projection, within_the_hour).await;
    assert_eq!(answer, Ok(last));
}

#[tokio::test]
async fn a_read_model_that_was_stopped_grows_old() {
    let (store, ledger) = (new_store(), Ledger::new());
    let last = record(&*store, "Account", 1).await;
    let projection = run(&store, &ledger, quick());
    until_live(&projection).await;
    projection.stop().await;
    record(&*store, "Account", 1).await;
    let within_a_minute = Freshness::NoOlderThan(MINUTE);
    let answer = at_once(&store, &projection, within_a_minute).await;
    assert_eq!(answer, Ok(last));
    pass(2 * MINUTE).await;
    let answer = at_once(&store, &projection, within_a_minute).await;
    assert_eq!(answer, Err(last));
}

#[tokio::test]
async fn a_read_model_that_is_gone_is_of_no_age() {
    let (store, ledger) = (new_store(), Ledger::new());
    record(&*store, "Account", 1).await;
    let projection = run(&store, &ledger, quick());
    until_live(&projection).await;
    let _newer = Ledger::declared_otherwise(&ledger);
    record(&*store, "Account", 1).await;
    until(&projection, |status| {
        matches!(status, ProjectionStatus::Failed { .. })
    })
    .await;
    let within_a_minute = Freshness::NoOlderThan(MINUTE);
    let answer = at_once(&store, &projection, within_a_minute).await;
    assert_eq!(answer, Err(Position::START));
}
