//! An event that makes an instance larger than can be recorded is parked, and those for others go on.

use annals_core::limits::EVENT_BYTES;
use annals_core::{
    Decision, EffectStart, Input, InstanceId, ParkCause, Position, Recorded, Route, Saga,
};
use annals_runtime::CommandBus;
use serde::{Deserialize, Serialize};

use crate::transfer::TransferRequested;
use crate::world::{LONG, World};

/// Remembers as many letters as cents are to be transferred.
#[derive(Default, Serialize, Deserialize)]
struct Hoarder {
    letters: String,
}

impl Saga for Hoarder {
    const NAME: &'static str = "transfer";
    const START: EffectStart = EffectStart::Beginning;
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        Route::Start(InstanceId::new(event.record.stream.id()).unwrap())
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        if let Input::Event(event) = input {
            self.letters = "x".repeat(event.event.cents.try_into().unwrap());
        }
        Vec::new()
    }
}

#[tokio::test]
async fn what_makes_an_instance_too_large_waits_for_a_person_with_what_is_behind_it() {
    let world = World::new().await;
    let too_many = EVENT_BYTES.try_into().unwrap();
    for (transfer, cents) in [("large", too_many), ("large", 1), ("small", 1)] {
        world.request(transfer, cents).await;
    }
    let engine = world.engine_of::<Hoarder>(CommandBus::new());
    let (inbox, parked) = world.bring_all(&engine).await;
    let head = world.store.head().await.unwrap();
    inbox.wait_for(head, LONG).await.unwrap();

    assert_eq!(world.told("small").await, ["TransferRequested"]);
    assert!(world.history("large").await.is_empty());
    let letters = parked.list(Position::START, 10).await.unwrap();
    let causes: Vec<_> = letters.iter().map(|letter| &letter.cause).collect();
    let [ParkCause::Failed(failure), ParkCause::Waits(first)] = causes.as_slice() else {
        panic!("{letters:?}");
    };
    assert!(failure.error.starts_with("invalid append"), "{failure:?}");
    assert_eq!(*first, letters[0].position);
    inbox.stop().await;
}
