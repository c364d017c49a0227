use std::time::Duration;

use annals_core::{Asked, Selection};
use annals_runtime::{SagaError, Stuck};
use metrics::with_local_recorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::troubled::Trouble::Busy;
use crate::world::{LONG, Process, World, id};

/// A world in which t1 was parked, with a process that keeps the read model and does not run transfers.
async fn parked() -> (World, Process) {
    all_parked(&["t1"]).await
}

/// The same, with these, which were parked one after the other.
async fn all_parked(transfers: &[&str]) -> (World, Process) {
    let world = World::new().await;
    for transfer in transfers {
        let engine = world.engine_with([Busy, Busy, Busy]);
        world.begin(&engine, transfer, 30).await;
        for _ in 0..3 {
            engine.drive(&id(transfer)).await.unwrap();
            world.clock.advance(Duration::from_secs(2));
        }
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

#[tokio::test]
async fn what_is_parked_for_longest_is_told_first() {
    let (world, _process) = all_parked(&["t2", "t1"]).await;
    let overview = world.sagas().overview("transfer").await.unwrap();
    let told: Vec<_> = overview.alarms.iter().map(|it| &*it.instance).collect();
    assert_eq!(told, ["t2", "t1"]);
}

#[tokio::test]
async fn what_no_database_can_hold_is_told_without_it() {
    let (world, process) = parked().await;
    let reason = "a\0b".to_owned();
    let asked = Asked::Cancel { reason };
    let (sagas, t1) = (world.sagas(), id("t1"));
    sagas.ask("transfer", &t1, asked, "carol").await.unwrap();
    let head = world.store.head().await.unwrap();
    process.index.wait_for(head, LONG).await.unwrap();
    let rows = sagas.list(Selection::new()).await.unwrap();
    assert_eq!(rows[0].status, "cancelled");
    assert_eq!(rows[0].reason.as_deref(), Some("a\u{fffd}b"));
}

#[tokio::test]
async fn what_cannot_be_told_is_measured_as_unknown() {
    let world = World::new().await;
    let recorder = DebuggingRecorder::new();
    // Nothing keeps the read model, and its table is not there.
    let sagas = with_local_recorder(&recorder, || world.sagas());
    let watch = sagas.watch();
    let mut looks = watch.looks();
    let look = tokio::time::timeout(LONG, looks.changed());
    look.await.unwrap().unwrap();
    let measured = recorder.snapshotter().snapshot().into_vec();
    let stuck = measured.iter().find_map(|(key, .., value)| match value {
        DebugValue::Gauge(stuck) if key.key().name() == "annals_saga_stuck_instances" => {
            Some(*stuck)
        }
        _ => None,
    });
    assert!(stuck.unwrap().is_nan(), "{stuck:?}");
    watch.stop().await;
}
