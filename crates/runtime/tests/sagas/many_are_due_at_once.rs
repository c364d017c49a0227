use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Decision, Input, InstanceId, Recorded, Route, Saga, SystemClock};
use annals_runtime::SagaOptions;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::bank::Deposit;
use crate::transfer::TransferRequested;
use crate::troubled::Trouble::AnswerHeld;
use crate::world::World;

/// More than are looked at together.
const MANY: usize = 150;

fn two_at_once(world: &World) -> SagaOptions {
    SagaOptions {
        at_once: NonZeroUsize::new(2).unwrap(),
        ..world.options()
    }
}

async fn begin_many(world: &World) {
    for number in 0..MANY {
        world.begin(&world.engine(), &format!("t{number}"), 0).await;
    }
}

#[tokio::test]
async fn all_are_done_however_few_at_once() {
    let world = World::new().await;
    begin_many(&world).await;
    let engine = world.engine().with_options(two_at_once(&world));
    let _running = world.run(&engine).await;
    for number in 0..MANY {
        world.until_over(&format!("t{number}")).await;
    }
}

/// What became of transfers: a deposit, and that is all.
#[derive(Default, Serialize, Deserialize)]
struct Gift;

impl Saga for Gift {
    const NAME: &'static str = "transfer";
    const VERSION: u32 = 2;
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        Route::Start(InstanceId::new(event.record.stream.id()).unwrap())
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        let (account, cents) = ("bob".to_owned(), 1);
        match input {
            Input::Event(_) => vec![Decision::call("give", &Deposit { account, cents })],
            _ => vec![Decision::complete()],
        }
    }
}

#[tokio::test]
async fn those_that_cannot_go_on_keep_no_others_waiting() {
    let world = World::new().await;
    // All are older, and of a definition that is not known.
    begin_many(&world).await;
    world.clock.advance(Duration::from_secs(1));
    let elsewhere = world.engine_of::<Gift>(world.bus());
    world.begin(&elsewhere, "gift", 1).await;
    let engine = world.engine_of::<Gift>(world.bus());
    let _running = world.run(&engine.with_options(two_at_once(&world))).await;
    world.until_over("gift").await;
    assert_eq!(world.balances().await, (100, 1));
}

/// How often an instance could not go on, as the metric tells.
fn errors_in(measured: &Snapshotter) -> u64 {
    let measured = measured.snapshot().into_vec().into_iter();
    let errors = measured.filter(|(key, ..)| key.key().name() == "annals_saga_errors_total");
    let counts = errors.map(|(.., value)| match value {
        DebugValue::Counter(count) => count,
        _ => 0,
    });
    counts.sum()
}

#[tokio::test]
async fn one_that_cannot_go_on_is_left_alone_for_a_while() {
    let recorder = DebuggingRecorder::new();
    let _measures = metrics::set_default_local_recorder(&recorder);
    let world = World::new().await;
    world.begin(&world.engine(), "t1", 0).await;
    world.clock.advance(Duration::from_secs(1));
    let options = SagaOptions {
        look_every: Duration::from_secs(3_600),
        ..world.options()
    };
    let engine = world.engine_of::<Gift>(world.bus()).with_options(options);
    let _running = world.run(&engine).await;
    // Each is found by going through those that are due, of which the other is the first.
    let elsewhere = world.engine_of::<Gift>(world.bus());
    for gift in ["gift1", "gift2", "gift3"] {
        world.begin(&elsewhere, gift, 1).await;
        world.until_over(gift).await;
    }
    let measured = recorder.snapshotter();
    let mut errors = 0;
    while errors == 0 {
        tokio::task::yield_now().await;
        errors = errors_in(&measured);
    }
    assert_eq!(errors, 1);
}

#[tokio::test]
async fn handlers_that_hang_keep_their_places_only_until_an_answer_is_late() {
    let world = World::new().await;
    let never = Arc::new(Semaphore::new(0));
    let held = || AnswerHeld(Arc::clone(&never));
    let options = SagaOptions {
        // Whatever is answered too late on a slow machine is tried again, without the test's help.
        answer_within: Duration::from_secs(2),
        clock: Arc::new(SystemClock),
        ..two_at_once(&world)
    };
    let engine = world.engine_with([held(), held()]).with_options(options);
    let transfers = ["t1", "t2", "t3"];
    for transfer in transfers {
        world.begin(&engine, transfer, 10).await;
    }
    let _running = world.run(&engine).await;
    let ends = transfers.map(|transfer| Box::pin(world.until_over(transfer)));
    futures_util::future::select_all(ends).await;
}
