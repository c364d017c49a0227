//! What one instance does keeps no other waiting, nor whoever stops it all, and what it is answered
//! has a place.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::limits::NAME_BYTES;
use annals_core::{
    Answer, Command, Decision, Effect, EffectError, EffectKey, Ending, Input, InstanceId, Recorded,
    Route, Saga, SagaStatus, Schedule, Timestamp,
};
use annals_runtime::{CommandBus, CommandContext, CommandFault, CommandHandler, SagaOptions};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::bank::{Deposit, Withdraw};
use crate::freezing_store::{FreezingStore, Stops};
use crate::transfer::TransferRequested;
use crate::troubled::Trouble::AnswerHeld;
use crate::world::{LONG, Transfers, World, id};

/// Says something, of so many bytes.
#[derive(Serialize, Deserialize)]
struct Say(usize);

impl Command for Say {
    const NAME: &'static str = "say";
    type Reply = String;
    type Refusal = String;
}

struct Speaker;

#[async_trait]
impl CommandHandler<Say> for Speaker {
    async fn handle(
        &self,
        command: Say,
        _: CommandContext,
    ) -> Result<String, CommandFault<String>> {
        Ok("x".repeat(command.0))
    }
}

fn speaking() -> CommandBus {
    CommandBus::new().handling(Speaker)
}

fn started_by(event: &Recorded<TransferRequested>) -> Route {
    Route::Start(InstanceId::new(event.record.stream.id()).unwrap())
}

async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.unwrap();
}

/// Has more said than there is a place for.
#[derive(Default, Serialize, Deserialize)]
struct Listener;

impl Saga for Listener {
    const NAME: &'static str = "transfer";
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        started_by(event)
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        match input {
            Input::Event(_) => vec![Decision::call("say", &Say(2 * 1024 * 1024))],
            Input::Answer {
                answer: Answer::GaveUp { error },
                ..
            } => vec![Decision::Park {
                reason: error.clone(),
            }],
            _ => vec![Decision::complete()],
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_as_good_as_none() {
    let world = World::new().await;
    let engine = world.engine_of::<Listener>(speaking());
    world.begin(&engine, "t1", 0).await;
    engine.drive(&id("t1")).await.unwrap();
    let SagaStatus::Parked { reason } = world.instance("t1").await.status else {
        panic!("it was told of no error");
    };
    assert!(
        reason.starts_with("the answer cannot be recorded"),
        "{reason}"
    );
}

/// Remembers more than there is a place for.
#[derive(Default, Serialize, Deserialize)]
struct Hoarder(String);

impl Saga for Hoarder {
    const NAME: &'static str = "transfer";
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        started_by(event)
    }

    fn react(&mut self, _: &Input<TransferRequested>) -> Vec<Decision> {
        self.0 = "x".repeat(2 * 1024 * 1024);
        Vec::new()
    }
}

#[tokio::test]
async fn an_event_that_makes_an_instance_too_large_is_not_brought_for_ever() {
    let world = World::new().await;
    let engine = world.engine_of::<Hoarder>(CommandBus::new());
    world.request("t1", 0).await;
    let event = world.requests("t1").await.pop().unwrap();
    let key = EffectKey::of("transfer", event.record.id);
    let brought = engine.inbox().perform(&event, key).await;
    assert!(matches!(brought, Err(EffectError::Event(_))), "{brought:?}");
}

#[tokio::test]
async fn an_instance_of_the_longest_name_is_answered() {
    let world = World::new().await;
    let name = "x".repeat(NAME_BYTES - "Saga:transfer-".len());
    world.begin(&world.engine(), &name, 30).await;
    world.engine().drive(&id(&name)).await.unwrap();
    let ended = SagaStatus::Ended(Ending::Completed);
    assert_eq!(world.instance(&name).await.status, ended);
}

/// Has one thing said after the other, for ever; or once, if it is paid.
#[derive(Default, Serialize, Deserialize)]
struct Chatter {
    is_paid: bool,
}

impl Saga for Chatter {
    const NAME: &'static str = "transfer";
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        started_by(event)
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        if let Input::Event(event) = input {
            self.is_paid = event.event.cents > 0;
        } else if self.is_paid {
            return vec![Decision::complete()];
        }
        vec![Decision::call("say", &Say(1))]
    }
}

#[tokio::test]
async fn one_that_never_stops_lets_others_have_its_place() {
    let world = World::new().await;
    let options = SagaOptions {
        at_once: NonZeroUsize::MIN,
        ..world.options()
    };
    let engine = world.engine_of::<Chatter>(speaking()).with_options(options);
    world.begin(&engine, "endless", 0).await;
    let (index, running) = world.run(&engine).await;
    for transfer in ["t1", "t2"] {
        world.begin(&engine, transfer, 1).await;
    }
    for transfer in ["t1", "t2"] {
        world.until_over(transfer).await;
    }
    running.stop().await;
    index.stop().await;
}

/// Is reminded of what was due before time was counted.
#[derive(Default, Serialize, Deserialize)]
struct Reminded;

impl Saga for Reminded {
    const NAME: &'static str = "transfer";
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        started_by(event)
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        let name = "reminder".to_owned();
        let schedule = Schedule::At(Timestamp::from_second(-1).unwrap());
        match input {
            Input::Event(_) => vec![Decision::SetTimer { name, schedule }],
            _ => vec![Decision::complete()],
        }
    }
}

#[tokio::test]
async fn a_timer_of_before_1970_is_found_by_the_index() {
    let world = World::new().await;
    let elsewhere = world.engine_of::<Reminded>(CommandBus::new());
    world.begin(&elsewhere, "t1", 0).await;
    let engine = world.engine_of::<Reminded>(CommandBus::new());
    let _running = world.run(&engine).await;
    world.until_over("t1").await;
}

/// Takes and gives at the same time.
#[derive(Default, Serialize, Deserialize)]
struct Both;

impl Saga for Both {
    const NAME: &'static str = "transfer";
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        started_by(event)
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        let (account, reference) = ("ann".to_owned(), "t1".to_owned());
        let cents = 1;
        let withdraw = Withdraw {
            account,
            reference,
            cents,
        };
        let account = "bob".to_owned();
        match input {
            Input::Event(_) => vec![
                Decision::call("withdraw", &withdraw),
                Decision::call("deposit", &Deposit { account, cents }),
            ],
            _ => Vec::new(),
        }
    }
}

#[tokio::test]
async fn while_one_answer_is_recorded_the_other_calls_go_on() {
    let world = World::new().await;
    world
        .begin(&world.engine_of::<Both>(world.bus()), "t1", 0)
        .await;
    let permits = Arc::new(Semaphore::new(0));
    let frozen = FreezingStore::new(&world.store, Stops::Before(1));
    let bus = world.bus_with([AnswerHeld(Arc::clone(&permits))]);
    let store: Arc<dyn annals_core::EventStore> = Arc::clone(&frozen) as _;
    let engine = annals_runtime::SagaEngine::<Both>::new(store, bus).with_options(world.options());
    let driving = tokio::spawn(async move { engine.drive(&id("t1")).await });
    frozen.frozen().await;
    permits.add_permits(1);
    until(|| permits.available_permits() == 0).await;
    driving.abort();
}

#[tokio::test]
async fn when_it_is_stopped_nothing_is_held_any_more() {
    let world = World::new().await;
    let held = Arc::new(Semaphore::new(0));
    let bus = world.bus_with([AnswerHeld(Arc::clone(&held))]);
    let options = SagaOptions {
        answer_within: Duration::MAX,
        ..world.options()
    };
    let engine = world.engine_of::<Transfers>(bus).with_options(options);
    world.begin(&engine, "t1", 30).await;
    let (_index, running) = world.run(&engine).await;
    while world.balances().await != (70, 30) {
        tokio::task::yield_now().await;
    }
    assert_eq!(Arc::strong_count(&held), 2);
    running.stop().await;
    assert_eq!(Arc::strong_count(&held), 1);
}
