use std::sync::Arc;

use annals_core::{
    Decision, Input, InstanceId, Read, Recorded, Route, Saga, SagaEvent, Source, Unwanted,
    events_of,
};
use annals_runtime::CommandBus;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::transfer::TransferRequested;
use crate::troubled::Trouble::AnswerHeld;
use crate::world::{World, bring_to, id};

#[tokio::test]
async fn an_event_that_is_brought_twice_is_taken_in_once() {
    let world = World::new().await;
    let engine = world.engine();
    world.begin(&engine, "t1", 30).await;
    world.bring(&engine, "t1").await;
    engine.drive(&id("t1")).await.unwrap();
    world.bring(&engine, "t1").await;
    let told = ["TransferRequested", "withdraw done", "deposit done"];
    assert_eq!(world.told("t1").await, told);
}

#[tokio::test]
async fn an_event_after_the_end_is_recorded_once_and_changes_nothing() {
    let world = World::new().await;
    let engine = world.engine();
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    let ended = world.instance("t1").await;
    for _ in 0..2 {
        world.bring(&engine, "t1").await;
    }
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    let history = world.history("t1").await;
    assert_eq!(history.len(), 4);
    let SagaEvent::Ignored { why, instance, .. } = &history[3] else {
        panic!("{history:?}")
    };
    assert_eq!((*why, instance.as_deref()), (Unwanted::Ended, Some(&ended)));
    assert_eq!(world.balances().await, (70, 30));
}

#[tokio::test]
async fn an_answer_that_another_process_had_before_is_told_once() {
    let world = World::new().await;
    let permits = Arc::new(Semaphore::new(0));
    let slow = world.engine_with([AnswerHeld(Arc::clone(&permits))]);
    world.begin(&slow, "t1", 30).await;
    let (t1, quick) = (id("t1"), world.engine());
    let quickly = async {
        // The other one has taken the money, and waits for the answer to its deposit.
        while world.happened_to("bob").await == 0 {
            tokio::task::yield_now().await;
        }
        quick.drive(&t1).await.unwrap();
        permits.add_permits(1);
    };
    let (slowly, ()) = tokio::join!(slow.drive(&t1), quickly);
    slowly.unwrap();
    let told = ["TransferRequested", "withdraw done", "deposit done"];
    assert_eq!(world.told("t1").await, told);
    assert_eq!(world.happened_to("bob").await, 1);
}

/// Begins for more than ten cents, goes on for more than one, and is glad of less if it is there.
#[derive(Default, Serialize, Deserialize)]
struct Counting {
    cents: i64,
}

impl Saga for Counting {
    const NAME: &'static str = "counting";
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        let instance = InstanceId::new(event.record.stream.id()).unwrap();
        match event.event.cents {
            10.. => Route::Start(instance),
            1.. => Route::Continue(instance),
            _ => Route::ContinueIfThere(instance),
        }
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        if let Input::Event(event) = input {
            self.cents += event.event.cents;
        }
        Vec::new()
    }
}

#[tokio::test]
async fn each_part_of_an_event_is_taken_in_once() {
    let world = World::new().await;
    let engine = world.engine_of::<Counting>(CommandBus::new());
    world.request("c1", 10).await;
    let event = world.requests("c1").await.pop().unwrap();
    for part in [0, 1, 0, 1] {
        let event = event.clone();
        bring_to(&engine, &Recorded { part, ..event }).await;
    }
    let read = Read::backwards(Source::stream("Saga:counting-c1".parse().unwrap()));
    let last = world.store.read(read).await.unwrap().try_next().await;
    let last = last.unwrap().unwrap();
    let last = events_of::<SagaEvent>(&last).unwrap().pop().unwrap();
    assert_eq!(last.instance().unwrap().state["cents"], 20);
}

#[tokio::test]
async fn an_event_for_an_instance_that_is_not_there_is_recorded_under_its_name() {
    let world = World::new().await;
    let engine = world.engine_of::<Counting>(CommandBus::new());
    world.begin(&engine, "c1", 1).await;
    world.begin(&engine, "c1", 0).await;
    world.begin(&engine, "c1", 10).await;
    world.begin(&engine, "c1", 2).await;
    world.begin(&engine, "c1", 0).await;
    // After a crash some come again, also the one that was for nobody.
    world.bring(&engine, "c1").await;
    let sagas = world.sagas();
    let start = annals_core::StreamVersion::NONE;
    let history = sagas
        .timeline("counting", &id("c1"), start, 10)
        .await
        .unwrap();
    let cents = history.iter().map(|moment| match &moment.event {
        SagaEvent::Ignored { why, instance, .. } => {
            assert_eq!((why, instance), (&Unwanted::NotFound, &None));
            None
        }
        SagaEvent::Reacted { instance, .. } => instance.state["cents"].as_i64(),
    });
    let cents: Vec<_> = cents.collect();
    assert_eq!(cents, [None, Some(10), Some(12), Some(12)]);
}
