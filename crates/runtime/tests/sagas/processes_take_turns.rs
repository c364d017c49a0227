use std::sync::Arc;
use std::time::Duration;

use annals_core::Leases;
use annals_testing::MemoryLeases;

use crate::world::{LONG, World};

const TRANSFERS: usize = 12;

async fn until_all_over(world: &World) {
    for number in 0..TRANSFERS {
        world.until_over(&format!("t{number}")).await;
    }
}

async fn request_all(world: &World) {
    for number in 0..TRANSFERS {
        world.request(&format!("t{number}"), 1).await;
    }
}

async fn until_held(leases: &MemoryLeases) {
    let held = async {
        while leases.token("saga/transfer").is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, held).await.unwrap();
}

async fn check(world: &World) {
    let all = TRANSFERS as i64;
    assert_eq!(world.balances().await, (100 - all, all));
    assert_eq!(world.happened_to("ann").await, TRANSFERS as u64);
    assert_eq!(world.happened_to("bob").await, TRANSFERS as u64);
}

#[tokio::test]
async fn processes_without_leases_do_nothing_twice() {
    let world = World::new().await;
    let _processes = [world.start().await, world.start().await];
    request_all(&world).await;
    until_all_over(&world).await;
    check(&world).await;
}

#[tokio::test]
async fn one_process_works_and_another_takes_over() {
    let world = World::new().await;
    let leases = MemoryLeases::new(&world.clock);
    let shared: Arc<dyn Leases> = Arc::new(leases.clone());
    let first = world
        .start_on(&world.store, Some(Arc::clone(&shared)))
        .await;
    until_held(&leases).await;
    let second = world.start_on(&world.store, Some(shared)).await;
    world.request("first", 1).await;
    world.until_over("first").await;
    let token = leases.token("saga/transfer").unwrap();
    first.stop().await;
    world.request("second", 1).await;
    world.until_over("second").await;
    assert!(leases.token("saga/transfer").unwrap() > token);
    second.stop().await;
}

#[tokio::test]
async fn a_paused_owner_that_believes_it_still_is_one_does_nothing_twice() {
    let world = World::new().await;
    let leases = MemoryLeases::new(&world.clock);
    let shared: Arc<dyn Leases> = Arc::new(leases.clone());
    let _paused = world
        .start_on(&world.store, Some(Arc::clone(&shared)))
        .await;
    until_held(&leases).await;
    leases.pause("saga/transfer");
    world
        .clock
        .advance(MemoryLeases::TERM + Duration::from_secs(1));
    let _other = world.start_on(&world.store, Some(shared)).await;
    request_all(&world).await;
    until_all_over(&world).await;
    check(&world).await;
}
