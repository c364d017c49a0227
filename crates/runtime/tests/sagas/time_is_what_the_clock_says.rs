use std::sync::Arc;
use std::time::Duration;

use annals_core::{Ending, IdSource, SagaStatus, Timestamp};
use annals_runtime::SagaOptions;
use serde_json::json;
use uuid::Uuid;

use crate::bank::accounts_in;
use crate::troubled::Trouble::{AnswerLost, Busy};
use crate::troubled::Troubled;
use crate::world::{Transfers, World, id};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_attempt_that_failed_is_made_again_once_its_wait_is_over() {
    let world = World::new().await;
    let engine = world.engine_with([Busy]);
    world.begin(&engine, "t1", 30).await;
    let failed = ["TransferRequested", "withdraw done", "deposit failed"];
    engine.drive(&id("t1")).await.unwrap();
    assert_eq!(world.told("t1").await, failed);
    // It waits for at least half of two seconds.
    world.clock.advance(SECOND);
    engine.drive(&id("t1")).await.unwrap();
    assert_eq!(world.told("t1").await, failed);
    world.clock.advance(SECOND);
    engine.drive(&id("t1")).await.unwrap();
    assert_eq!(world.told("t1").await.last().unwrap(), "deposit done");
    assert_eq!(world.balances().await, (70, 30));
}

/// Chance that is always the same.
struct Always(Uuid);

impl IdSource for Always {
    fn next(&self) -> Uuid {
        self.0
    }
}

/// When a deposit is tried again that failed at the beginning of time, in milliseconds.
async fn tried_again_by(chance: Uuid) -> i64 {
    let world = World::new().await;
    let options = SagaOptions {
        ids: Arc::new(Always(chance)),
        ..world.options()
    };
    let engine = world.engine_with([Busy]).with_options(options);
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    let deposit = &world.instance("t1").await.calls["deposit"];
    deposit.not_before.as_millisecond()
}

#[tokio::test]
async fn those_that_failed_together_are_not_tried_again_together() {
    assert_eq!(tried_again_by(Uuid::nil()).await, 2_000);
    assert_eq!(tried_again_by(Uuid::max()).await, 1_000);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again_and_nothing_is_done_twice() {
    let world = World::new().await;
    let engine = world.engine_with([AnswerLost, AnswerLost]);
    world.begin(&engine, "t1", 30).await;
    for _ in 0..3 {
        engine.drive(&id("t1")).await.unwrap();
        world.clock.advance(2 * SECOND);
    }
    let ended = SagaStatus::Ended(Ending::Completed);
    assert_eq!(world.instance("t1").await.status, ended);
    assert_eq!(
        (world.balances().await, world.happened_to("bob").await),
        ((70, 30), 1)
    );
}

#[tokio::test]
async fn what_takes_too_long_is_undone() {
    let world = World::new().await;
    let accounts = accounts_in(&world.store);
    let withdrawals = Troubled::new(crate::bank::withdrawals(&accounts), [AnswerLost]);
    let bus = annals_runtime::CommandBus::new().handling(withdrawals);
    let bus = bus.handling(crate::bank::refunds(&accounts));
    let engine = world.engine_of::<Transfers>(bus);
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    world.clock.advance(60 * SECOND);
    engine.drive(&id("t1")).await.unwrap();
    let told = [
        "TransferRequested",
        "withdraw failed",
        "timer timeout",
        "withdraw done",
        "undo withdraw done",
    ];
    assert_eq!(world.told("t1").await, told);
    let reason = json!("it took too long");
    let ended = SagaStatus::Ended(Ending::Compensated { reason });
    assert_eq!(world.instance("t1").await.status, ended);
    assert_eq!(world.balances().await, (100, 0));
}

#[tokio::test]
async fn a_timer_fires_once_however_many_look_and_whichever_way_the_clock_jumps() {
    let world = World::new().await;
    world.clock.set(Timestamp::from_second(1_000).unwrap());
    let bus = annals_runtime::CommandBus::new();
    let engine = world.engine_of::<Transfers>(bus);
    // Nobody handles withdrawals.
    world.begin(&engine, "t1", 30).await;
    world.clock.set(Timestamp::UNIX_EPOCH);
    engine.drive(&id("t1")).await.unwrap();
    assert_eq!(
        world.told("t1").await,
        ["TransferRequested"],
        "nothing is due any more"
    );
    world.clock.set(Timestamp::from_second(1_061).unwrap());
    let (t1, other) = (id("t1"), id("t1"));
    let (one, two) = tokio::join!(engine.drive(&t1), engine.drive(&other));
    one.and(two).unwrap();
    world.clock.set(Timestamp::from_second(1_000).unwrap());
    engine.drive(&id("t1")).await.unwrap();
    world.clock.set(Timestamp::from_second(2_000).unwrap());
    engine.drive(&id("t1")).await.unwrap();
    let told = world.told("t1").await;
    let fired = told.iter().filter(|told| *told == "timer timeout").count();
    assert_eq!(fired, 1, "{told:?}");
}

#[tokio::test]
async fn what_is_due_by_the_clock_is_found_by_whoever_runs() {
    let world = World::new().await;
    let engine = world.engine_with([Busy]);
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    let _process = world.start().await;
    world.clock.advance(2 * SECOND);
    let transfer = world.until_over("t1").await;
    assert_eq!(transfer.status, SagaStatus::Ended(Ending::Completed));
}
