use std::sync::Arc;
use std::time::Duration;

use annals_core::EventStore;
use annals_runtime::SagaEngine;

use crate::counting_store::{Asked, CountingStore};
use crate::world::{Transfers, World, id};

/// An engine whose own appends and reads are counted, and not those of its commands.
fn counted(world: &World) -> (Arc<CountingStore>, SagaEngine<Transfers>) {
    let counting = CountingStore::new(&world.store);
    let store: Arc<dyn EventStore> = Arc::clone(&counting) as _;
    let engine = SagaEngine::new(store, world.bus()).with_options(world.options());
    (counting, engine)
}

#[tokio::test]
async fn and_one_read_finds_out_where_an_instance_is() {
    let world = World::new().await;
    let (counting, engine) = counted(&world);
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    let (appends, reads, lookups) = (3, 1, 0);
    let asked = Asked {
        appends,
        reads,
        lookups,
    };
    assert_eq!(counting.asked(), asked);
}

#[tokio::test]
async fn and_a_repeat_costs_one_question_and_one_read_more() {
    let world = World::new().await;
    let (counting, engine) = counted(&world);
    world.begin(&engine, "t1", 30).await;
    engine.drive(&id("t1")).await.unwrap();
    let before = counting.asked();
    // It is decided on as if it were the first, and that comes out otherwise by now.
    world.clock.advance(Duration::from_secs(1));
    world.bring(&engine, "t1").await;
    let asked = Asked {
        appends: before.appends + 1,
        reads: before.reads + 1,
        lookups: before.lookups + 1,
    };
    assert_eq!(counting.asked(), asked);
    assert_eq!(world.history("t1").await.len(), 3);
}
