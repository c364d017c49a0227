use std::time::Duration;

use annals_runtime::{SagaError, Stuck};

use crate::troubled::Trouble::Busy;
use crate::world::{LONG, Process, World, id};

/// A world in which t1 was parked, with a process that keeps the read model and does not run transfers.
async fn parked() -> (World, Process) {
    let world = World::new().await;
    let engine = world.engine_with([Busy, Busy, Busy]);
    world.begin(&engine, "t1", 30).await;
    for _ in 0..3 {
        engine.drive(&id("t1")).await.unwrap();
        world.clock.advance(Duration::from_secs(2));
    }
    let process = world.start().await;
    process.leave_alone().await;
    let head = world.store.head().await.unwrap();
    process.index.wait_for(head, LONG).await.unwrap();
    (world, process)
}

#[tokio::test]
async fn one_that_is_parked_is_told_at_the_first_look() {
    let (world, _process) = parked().await;
    let watch = world.sagas().watch();
    let mut looks = watch.looks();
    let looks = tokio::time::timeout(LONG, looks.wait_for(|looked| !looked.is_empty()));
    let overview = looks.await.unwrap().unwrap()[0].clone();
    assert_eq!(watch.latest().len(), 1);
    let [alarm] = &overview.alarms[..] else {
        panic!("{overview:?}")
    };
    assert_eq!(
        (alarm.instance.as_str(), alarm.stuck),
        ("t1", Stuck::Parked)
    );
    assert_eq!(alarm.step.as_deref(), Some("deposit"));
    watch.stop().await;
}

#[tokio::test]
async fn one_that_is_unknown_has_no_overview() {
    let (world, _process) = parked().await;
    let unknown = world.sagas().overview("checkout").await;
    assert!(matches!(unknown, Err(SagaError::UnknownSaga(_))));
}
