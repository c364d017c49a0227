use std::sync::Arc;

use annals_core::EventStore;

use crate::bank::{AccountCommand, execute};
use crate::freezing_store::{FreezingStore, Stops};
use crate::world::World;

/// Kills the process at one of its appends, and starts another. True if it was killed in time.
async fn kill_at(stops: Stops, bob_is_closed: bool) -> bool {
    let world = World::new().await;
    if bob_is_closed {
        execute(&world.store, "bob", AccountCommand::Close).await;
    }
    let freezing = FreezingStore::new(&world.store, stops);
    let store: Arc<dyn EventStore> = Arc::clone(&freezing) as _;
    let killed = world.start_on(&store, None).await;
    world.request("t1", 30).await;
    let was_killed = tokio::select! {
        () = freezing.frozen() => true,
        _ = world.until_over("t1") => false,
    };
    drop(killed);
    let _process = world.start().await;
    world.until_over("t1").await;
    let happened = (
        world.happened_to("ann").await,
        world.happened_to("bob").await,
    );
    match bob_is_closed {
        false => assert_eq!(
            (world.balances().await, happened),
            ((70, 30), (1, 1)),
            "{stops:?}"
        ),
        // Beside the refund, Bob's account was closed.
        true => assert_eq!(
            (world.balances().await, happened),
            ((100, 0), (2, 1)),
            "{stops:?}"
        ),
    }
    was_killed
}

/// Kills it at each of its appends, before and after that is made. Answers how many there are.
async fn kill_at_each_append(bob_is_closed: bool) -> usize {
    let mut appends = 0;
    while kill_at(Stops::Before(appends + 1), bob_is_closed).await {
        kill_at(Stops::After(appends + 1), bob_is_closed).await;
        appends += 1;
    }
    appends
}

#[tokio::test]
async fn between_any_two_steps_of_a_transfer() {
    // The event, two commands and their answers.
    assert_eq!(kill_at_each_append(false).await, 5);
}

#[tokio::test]
async fn between_any_two_steps_of_one_that_is_undone() {
    // A refusal is kept as well.
    assert_eq!(kill_at_each_append(true).await, 7);
}
