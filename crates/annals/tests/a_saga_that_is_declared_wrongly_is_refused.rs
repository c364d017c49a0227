//! A service with a saga that is declared wrongly does not start, and says what is wrong.

use annals::{
    Annals, Command, Error, Event, InstanceId, Recorded, SagaStep, Stage, Stepped, Steps,
};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Clone)]
enum DoorEvent {
    DoorOpened,
}

#[derive(Serialize, Deserialize)]
struct Ring;

impl Command for Ring {
    const NAME: &'static str = "ring";
    type Reply = ();
    type Refusal = ();
}

/// Why a service with this saga does not start.
async fn refusal_of<S: Steps<Event = DoorEvent>>() -> String {
    let service = Annals::in_memory().saga::<Stepped<S>>();
    match service.start().await {
        Err(refusal @ Error::Saga { .. }) => refusal.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Rings, and rings again.
#[derive(Serialize, Deserialize)]
struct RingTwice;

impl Steps for RingTwice {
    const NAME: &'static str = "ring twice";
    type Event = DoorEvent;

    fn begin(_: &Recorded<DoorEvent>) -> Option<(InstanceId, Self)> {
        None
    }

    fn stages() -> Vec<Stage<Self>> {
        let ring = || SagaStep::new("ring", |_: &Self| Ring);
        vec![Stage::of(ring()), Stage::of(ring())]
    }
}

#[tokio::test]
async fn a_saga_with_two_steps_of_one_name_is_refused() {
    assert_eq!(
        refusal_of::<RingTwice>().await,
        "saga ring twice: several of its calls would have the name `ring`"
    );
}

/// Its instance `7` would be taken for the instance `once-7` of `ring`.
#[derive(Serialize, Deserialize)]
struct RingOnce;

impl Steps for RingOnce {
    const NAME: &'static str = "ring-once";
    type Event = DoorEvent;

    fn begin(_: &Recorded<DoorEvent>) -> Option<(InstanceId, Self)> {
        None
    }

    fn stages() -> Vec<Stage<Self>> {
        vec![Stage::of(SagaStep::new("ring", |_: &Self| Ring))]
    }
}

#[tokio::test]
async fn a_saga_whose_streams_would_be_taken_for_those_of_another_is_refused() {
    assert_eq!(
        refusal_of::<RingOnce>().await,
        "saga ring-once: category \"Saga:ring-once\" holds '-', which ends a category"
    );
}
