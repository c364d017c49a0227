use annals_core::{Decision, Ending, Input, InstanceId, Recorded, Route, Saga, SagaStatus};
use annals_runtime::{SagaEngine, SagaError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::transfer::TransferRequested;
use crate::world::{Transfers, World, id};

/// What became of transfers: they are over with whatever is answered first.
#[derive(Default, Serialize, Deserialize)]
struct Hasty {
    answers: u32,
}

impl Saga for Hasty {
    const NAME: &'static str = "transfer";
    const VERSION: u32 = 2;
    type Event = TransferRequested;

    fn route(event: &Recorded<TransferRequested>) -> Route {
        let instance = InstanceId::new(event.record.stream.id());
        Route::Start(instance.unwrap())
    }

    fn react(&mut self, input: &Input<TransferRequested>) -> Vec<Decision> {
        match input {
            Input::Answer { .. } => vec![Decision::complete()],
            _ => Vec::new(),
        }
    }

    fn migrate(version: u32, state: &Value) -> Option<Value> {
        let is_for_bob = state["saga"]["asked"]["to"] == "bob";
        (version == 1 && is_for_bob && state["saga"]["asked"]["cents"] == 7)
            .then(|| json!({ "answers": 0 }))
    }
}

/// One that began under the first definition, and the engine of the second.
async fn begun(cents: i64) -> (World, SagaEngine<Hasty>) {
    let world = World::new().await;
    world.begin(&world.engine(), "t1", cents).await;
    let engine = world.engine_of::<Hasty>(world.bus());
    (world, engine)
}

#[tokio::test]
async fn one_that_is_not_taken_over_ends_as_it_began() {
    let (world, engine) = begun(30).await;
    let engine = engine.with_earlier::<Transfers>();
    engine.drive(&id("t1")).await.unwrap();
    let told = ["TransferRequested", "withdraw done", "deposit done"];
    assert_eq!(world.told("t1").await, told);
    assert_eq!(world.instance("t1").await.definition, 1);
}

#[tokio::test]
async fn one_that_is_taken_over_goes_on_under_the_later_definition() {
    let (world, engine) = begun(7).await;
    engine.drive(&id("t1")).await.unwrap();
    let instance = world.instance("t1").await;
    assert_eq!(instance.definition, 2);
    assert_eq!(instance.status, SagaStatus::Ended(Ending::Completed));
    assert_eq!(
        world.told("t1").await,
        ["TransferRequested", "withdraw done"]
    );
}

#[tokio::test]
async fn nothing_is_done_for_one_whose_definition_is_not_known() {
    let (world, engine) = begun(30).await;
    let refused = engine.drive(&id("t1")).await;
    let is_unknown = matches!(
        refused,
        Err(SagaError::UnknownDefinition { definition: 1, .. })
    );
    assert!(is_unknown, "{refused:?}");
    assert_eq!(world.happened_to("ann").await, 0);
}

#[tokio::test]
async fn a_new_one_begins_under_the_latest_definition() {
    let world = World::new().await;
    let engine = world.engine_of::<Hasty>(world.bus());
    let engine = engine.with_earlier::<Transfers>();
    world.begin(&engine, "t1", 30).await;
    assert_eq!(world.instance("t1").await.definition, 2);
}
