//! Where reads do not show what was recorded, nothing is tried for ever.

use std::time::Duration;

use annals_core::{Effect, EffectError, EffectKey};
use annals_runtime::{SagaEngine, SagaError};

use crate::standing_store::StandingStore;
use crate::world::{Transfers, World, id};

/// An engine that sees a transfer as it was when it had just begun.
async fn begun() -> (World, SagaEngine<Transfers>) {
    let world = World::new().await;
    world.begin(&world.engine(), "t1", 30).await;
    let store = StandingStore::over(&world.store);
    let engine = SagaEngine::new(store, world.bus()).with_options(world.options());
    engine.drive(&id("t1")).await.unwrap();
    (world, engine)
}

#[tokio::test]
async fn what_was_done_and_is_not_shown_is_not_done_again_and_again() {
    let (world, engine) = begun().await;
    // At the same time it would come out the same, and be found to be recorded.
    world.clock.advance(Duration::from_secs(1));
    let driven = engine.drive(&id("t1")).await;
    assert!(
        matches!(driven, Err(SagaError::Contended { .. })),
        "{driven:?}"
    );
    assert_eq!(world.happened_to("ann").await, 1);
}

#[tokio::test]
async fn an_event_that_others_are_always_before_is_to_be_brought_again() {
    let (world, engine) = begun().await;
    world.request("t1", 30).await;
    let event = world.requests("t1").await.pop().unwrap();
    let key = EffectKey::of("transfer", event.record.id);
    let brought = engine.inbox().perform(&event, key).await;
    assert!(
        matches!(brought, Err(EffectError::Transient(_))),
        "{brought:?}"
    );
}
