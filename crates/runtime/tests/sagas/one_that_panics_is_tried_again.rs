use std::sync::atomic::{AtomicBool, Ordering};

use annals_core::{Decision, Input, InstanceId, Recorded, Route, Saga};
use serde::{Deserialize, Serialize};

use crate::bank::Deposit;
use crate::transfer::TransferRequested;
use crate::world::World;

/// Panics at the first answer that it is ever told.
#[derive(Default, Serialize, Deserialize)]
struct Startled;

static IS_CALM: AtomicBool = AtomicBool::new(false);

impl Saga for Startled {
    const NAME: &'static str = "transfer";
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        Route::Start(InstanceId::new(event.record.stream.id()).unwrap())
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        let (account, cents) = ("bob".to_owned(), 1);
        if let Input::Event(_) = input {
            return vec![Decision::call("give", &Deposit { account, cents })];
        }
        assert!(IS_CALM.swap(true, Ordering::Relaxed), "startled");
        vec![Decision::complete()]
    }
}

#[tokio::test]
async fn and_does_nothing_twice() {
    let world = World::new().await;
    let engine = world.engine_of::<Startled>(world.bus());
    let _running = world.run(&engine).await;
    world.begin(&engine, "t1", 1).await;
    world.until_over("t1").await;
    assert!(IS_CALM.load(Ordering::Relaxed));
    assert_eq!(world.happened_to("bob").await, 1);
}
