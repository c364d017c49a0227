use std::time::Duration;

use annals_core::{Asked, Ending, SagaInput, SagaStatus, Selection, StreamVersion, Unwanted};
use annals_runtime::{Asker, SagaEngine, SagaError};

use crate::troubled::Trouble::{AnswerLost, Busy};
use crate::world::{LONG, Transfers, World, id};

/// A transfer whose deposit was given up.
async fn parked() -> (World, SagaEngine<Transfers>) {
    let world = World::new().await;
    let engine = world.engine_with([Busy, Busy, AnswerLost]);
    world.begin(&engine, "t1", 30).await;
    for _ in 0..3 {
        engine.drive(&id("t1")).await.unwrap();
        world.clock.advance(Duration::from_secs(2));
    }
    let status = world.instance("t1").await.status;
    assert!(matches!(status, SagaStatus::Parked { .. }), "{status:?}");
    (world, engine)
}

async fn ask(world: &World, asked: Asked) -> Result<(), SagaError> {
    world
        .sagas()
        .ask("transfer", &id("t1"), asked, "carol")
        .await
}

#[tokio::test]
async fn what_was_given_up_and_done_all_the_same_is_not_done_twice() {
    let (world, engine) = parked().await;
    ask(&world, Asked::Retry).await.unwrap();
    engine.drive(&id("t1")).await.unwrap();
    assert_eq!(
        world.instance("t1").await.status,
        SagaStatus::Ended(Ending::Completed)
    );
    assert_eq!(
        (world.balances().await, world.happened_to("bob").await),
        ((70, 30), 1)
    );
}

#[tokio::test]
async fn what_somebody_has_seen_to_is_skipped() {
    let (world, engine) = parked().await;
    let reason = "brought in cash".to_owned();
    ask(
        &world,
        Asked::Skip {
            reason: reason.clone(),
        },
    )
    .await
    .unwrap();
    engine.drive(&id("t1")).await.unwrap();
    assert_eq!(
        world.instance("t1").await.status,
        SagaStatus::Ended(Ending::Completed)
    );
    let history = world.history("t1").await;
    let last = history.last().unwrap().input();
    let is_by_carol = matches!(last, SagaInput::Asked { asked: Asked::Skip { reason: why }, by, .. } if *why == reason && by == "carol");
    assert!(is_by_carol, "{last:?}");
}

#[tokio::test]
async fn whoever_compensates_has_done_undone() {
    let (world, engine) = parked().await;
    let reason = "bob is gone".to_owned();
    ask(&world, Asked::Compensate { reason }).await.unwrap();
    engine.drive(&id("t1")).await.unwrap();
    assert_eq!(world.told("t1").await.last().unwrap(), "undo withdraw done");
    assert_eq!(world.balances().await.0, 100);
}

#[tokio::test]
async fn whoever_cancels_leaves_it_as_it_is() {
    let (world, engine) = parked().await;
    let reason = "by hand".to_owned();
    ask(
        &world,
        Asked::Cancel {
            reason: reason.clone(),
        },
    )
    .await
    .unwrap();
    engine.drive(&id("t1")).await.unwrap();
    let ended = SagaStatus::Ended(Ending::Cancelled { reason });
    assert_eq!(world.instance("t1").await.status, ended);
    assert_eq!(world.balances().await.0, 70);
}

#[tokio::test]
async fn what_is_asked_twice_under_one_key_is_asked_once() {
    let (world, _) = parked().await;
    let (sagas, t1) = (world.sagas(), id("t1"));
    let carol = || Asker::new("carol").under("k1");
    for _ in 0..3 {
        let asked = sagas.ask("transfer", &t1, Asked::Retry, carol());
        asked.await.unwrap();
    }
    let told = world.told("t1").await;
    let asked = told.iter().filter(|told| *told == "asked by carol");
    assert_eq!(asked.count(), 1);
    let reason = "by hand".to_owned();
    let other = sagas.ask("transfer", &t1, Asked::Cancel { reason }, carol());
    let other = other.await;
    assert!(matches!(other, Err(SagaError::KeyReused { key }) if key == "k1"));
}

#[tokio::test]
async fn one_that_is_not_parked_cannot_be_retried() {
    let world = World::new().await;
    let engine = world.engine();
    world.begin(&engine, "t1", 30).await;
    let why = |answer: Result<(), SagaError>| match answer {
        Err(SagaError::Unwanted { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(ask(&world, Asked::Retry).await), Unwanted::NotParked);
    engine.drive(&id("t1")).await.unwrap();
    assert_eq!(why(ask(&world, Asked::Retry).await), Unwanted::Ended);
    let nobody = world
        .sagas()
        .ask("transfer", &id("t2"), Asked::Retry, "carol")
        .await;
    assert_eq!(why(nobody), Unwanted::NotFound);
    let unknown = world
        .sagas()
        .ask("checkout", &id("t1"), Asked::Retry, "carol")
        .await;
    assert!(matches!(unknown, Err(SagaError::UnknownSaga(_))));
}

#[tokio::test]
async fn those_that_are_parked_are_listed_with_the_reason() {
    let (world, _) = parked().await;
    let process = world.start().await;
    let head = world.store.head().await.unwrap();
    process.index.wait_for(head, LONG).await.unwrap();
    let parked = Selection::new().equal("status", &"parked".to_owned());
    let listed = world.sagas().list(parked).await.unwrap();
    let [row] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!(
        (row.saga.as_str(), row.instance.as_str()),
        ("transfer", "t1")
    );
    let reason = row.reason.as_ref().unwrap();
    assert_eq!(reason, "no way back, and deposit failed: \"busy\"");
}

#[tokio::test]
async fn a_row_tells_since_when_one_has_been_so() {
    let (world, engine) = parked().await;
    // It stays parked.
    world.begin(&engine, "t1", 30).await;
    let process = world.start().await;
    let head = world.store.head().await.unwrap();
    process.index.wait_for(head, LONG).await.unwrap();
    let (sagas, t1) = (world.sagas(), id("t1"));
    let rows = sagas.list(Selection::new()).await.unwrap();
    let row = &rows[0];
    let moments = sagas.timeline("transfer", &t1, StreamVersion::NONE, 100);
    let moments = moments.await.unwrap();
    let [first, .., parked, last] = &moments[..] else {
        panic!("{moments:?}")
    };
    let told = [row.started_at, row.since, row.changed_at].map(|at| at.as_microsecond());
    let happened = [first.at, parked.at, last.at].map(|at| at.as_microsecond());
    assert_eq!(told, happened);
}
