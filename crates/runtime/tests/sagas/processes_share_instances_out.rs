use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::Leases;
use annals_runtime::SagaOptions;
use annals_testing::MemoryLeases;
use tokio::sync::Semaphore;

use crate::troubled::Trouble;
use crate::world::{LONG, Process, World, id};

const TRANSFERS: usize = 12;

/// The leases of the seats of the first process and of the second.
const SEATS: [&str; 2] = ["saga/transfer/0", "saga/transfer/1"];

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

async fn until_held(leases: &MemoryLeases, seat: &str) {
    let held = async {
        while leases.token(seat).is_none() {
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

/// Starts two processes that share transfers out. The first gets no answer to a deposit before there are
/// permits.
async fn start_two(
    world: &World,
    leases: &MemoryLeases,
    permits: &Arc<Semaphore>,
) -> (Process, Process) {
    let shared: Arc<dyn Leases> = Arc::new(leases.clone());
    let held = (0..TRANSFERS).map(|_| Trouble::AnswerHeld(Arc::clone(permits)));
    let first = world.engine_with(held).with_options(SagaOptions {
        answer_within: 2 * LONG,
        ..world.options()
    });
    let first = world.start_running(&first, &world.store, Some(Arc::clone(&shared)));
    let first = first.await;
    until_held(leases, SEATS[0]).await;
    let second = world.start_on(&world.store, Some(shared)).await;
    until_held(leases, SEATS[1]).await;
    (first, second)
}

/// The transfers of one of two processes.
fn share(process: usize) -> impl Iterator<Item = String> {
    let all = (0..TRANSFERS).map(|number| format!("t{number}"));
    let two = NonZeroUsize::new(2).unwrap();
    all.filter(move |transfer| id(transfer).share_of(two) == process)
}

#[tokio::test]
async fn processes_share_the_instances_out() {
    let world = World::new().await;
    let (leases, permits) = (MemoryLeases::new(&world.clock), Arc::new(Semaphore::new(0)));
    let _processes = start_two(&world, &leases, &permits).await;
    request_all(&world).await;
    assert!(share(0).count() > 0 && share(1).count() > 0);
    for transfer in share(1) {
        world.until_over(&transfer).await;
    }
    for transfer in share(0) {
        assert!(!world.is_over(&transfer).await, "{transfer} is another's");
    }
    permits.add_permits(TRANSFERS);
    until_all_over(&world).await;
    check(&world).await;
}

#[tokio::test]
async fn the_instances_of_a_process_that_ends_are_taken_over() {
    let world = World::new().await;
    let (leases, permits) = (MemoryLeases::new(&world.clock), Arc::new(Semaphore::new(0)));
    let (first, _second) = start_two(&world, &leases, &permits).await;
    request_all(&world).await;
    for transfer in share(1) {
        world.until_over(&transfer).await;
    }
    drop(first);
    until_all_over(&world).await;
    check(&world).await;
}

#[tokio::test]
async fn the_instances_of_a_process_that_was_cut_off_are_taken_over() {
    let world = World::new().await;
    let (leases, permits) = (MemoryLeases::new(&world.clock), Arc::new(Semaphore::new(0)));
    let (_paused, _second) = start_two(&world, &leases, &permits).await;
    request_all(&world).await;
    for transfer in share(1) {
        world.until_over(&transfer).await;
    }
    for seat in leases.held("").await.unwrap() {
        let is_of_first = seat != SEATS[1];
        is_of_first.then(|| leases.pause(&seat));
    }
    world.clock.advance(MemoryLeases::TERM / 2);
    leases.beat();
    world.clock.advance(MemoryLeases::TERM / 2);
    until_all_over(&world).await;
    check(&world).await;
}

#[tokio::test]
async fn a_paused_owner_that_believes_it_still_is_one_does_nothing_twice() {
    let world = World::new().await;
    let leases = MemoryLeases::new(&world.clock);
    let shared: Arc<dyn Leases> = Arc::new(leases.clone());
    let _paused = world
        .start_on(&world.store, Some(Arc::clone(&shared)))
        .await;
    until_held(&leases, SEATS[0]).await;
    let token = leases.token(SEATS[0]);
    leases.pause(SEATS[0]);
    world
        .clock
        .advance(MemoryLeases::TERM + Duration::from_secs(1));
    let _other = world.start_on(&world.store, Some(shared)).await;
    until_held(&leases, SEATS[0]).await;
    assert!(leases.token(SEATS[0]) > token);
    request_all(&world).await;
    until_all_over(&world).await;
    check(&world).await;
}
