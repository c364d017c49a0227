use std::sync::Arc;
use std::time::Duration;

use annals_core::{Decision, Input, InstanceId, Recorded, Route, Saga, SystemClock};
use annals_runtime::{SagaEngine, SagaOptions};
use serde::{Deserialize, Serialize};

use crate::transfer::TransferRequested;
use crate::world::World;

/// Far longer than any test takes.
const NEVER: Duration = Duration::from_secs(24 * 3_600);

fn never_looking(world: &World) -> SagaOptions {
    SagaOptions {
        look_every: NEVER,
        ..world.options()
    }
}

#[tokio::test]
async fn where_an_event_is_brought_in_the_process_that_runs_the_saga() {
    let world = World::new().await;
    let engine = world.engine().with_options(never_looking(&world));
    let (index, _running) = world.run(&engine).await;
    index.stop().await;
    world.begin(&engine, "t1", 30).await;
    world.until_over("t1").await;
    assert_eq!(world.balances().await, (70, 30));
}

/// Ends when a while has passed.
#[derive(Default, Serialize, Deserialize)]
struct Nap;

impl Saga for Nap {
    const NAME: &'static str = "transfer";
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        Route::Start(InstanceId::new(event.record.stream.id()).unwrap())
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        match input {
            Input::Event(asked) => {
                let after = Duration::from_millis(asked.event.cents.unsigned_abs());
                vec![Decision::timer("awake", after)]
            }
            _ => vec![Decision::complete()],
        }
    }
}

#[tokio::test]
async fn and_no_timer_for_the_next_look() {
    let world = World::new().await;
    let options = SagaOptions {
        clock: Arc::new(SystemClock),
        ..never_looking(&world)
    };
    let engine: SagaEngine<Nap> = world.engine_of(world.bus()).with_options(options);
    let _running = world.run(&engine).await;
    // So close to each other that some become due while others are met.
    let naps: Vec<_> = (0..100).map(|nap| format!("nap{nap}")).collect();
    for (millis, nap) in (0..).zip(&naps) {
        world.begin(&engine, nap, millis).await;
    }
    for nap in &naps {
        world.until_over(nap).await;
    }
}

#[tokio::test]
async fn nor_a_timer_that_was_set_before_it_runs() {
    let world = World::new().await;
    let options = SagaOptions {
        clock: Arc::new(SystemClock),
        ..never_looking(&world)
    };
    let elsewhere: SagaEngine<Nap> = world.engine_of(world.bus()).with_options(options.clone());
    world.begin(&elsewhere, "nap", 1_000).await;
    let engine: SagaEngine<Nap> = world.engine_of(world.bus()).with_options(options);
    let _running = world.run(&engine).await;
    world.until_over("nap").await;
}
