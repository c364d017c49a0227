use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use annals_core::{Lease, LeaseError, Leases};
use annals_runtime::SagaOptions;
use annals_testing::MemoryLeases;
use async_trait::async_trait;
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

async fn until(mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.unwrap();
}

async fn until_held(leases: &MemoryLeases, seat: &str) {
    until(|| leases.token(seat).is_some()).await;
}

/// Waits until all deposits are made, whether they are answered or not.
async fn until_paid_in(world: &World) {
    let paid_in = async { while world.balances().await.1 < TRANSFERS as i64 {} };
    tokio::time::timeout(LONG, paid_in).await.unwrap();
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

/// Starts a process that gets no answer to a deposit before there are permits.
async fn start_first(world: &World, leases: &MemoryLeases, permits: &Arc<Semaphore>) -> Process {
    let shared: Arc<dyn Leases> = Arc::new(leases.clone());
    let held = (0..TRANSFERS).map(|_| Trouble::AnswerHeld(Arc::clone(permits)));
    let first = world.engine_with(held).with_options(SagaOptions {
        answer_within: 2 * LONG,
        ..world.options()
    });
    let first = world.start_running(&first, &world.store, Some(shared));
    let first = first.await;
    until_held(leases, SEATS[0]).await;
    first
}

/// Starts another beside it.
async fn start_two(
    world: &World,
    leases: &MemoryLeases,
    permits: &Arc<Semaphore>,
) -> (Process, Process) {
    let first = start_first(world, leases, permits).await;
    let shared: Arc<dyn Leases> = Arc::new(leases.clone());
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
async fn one_that_comes_later_has_its_share_even_of_what_another_is_at() {
    let world = World::new().await;
    let (leases, permits) = (MemoryLeases::new(&world.clock), Arc::new(Semaphore::new(0)));
    let _first = start_first(&world, &leases, &permits).await;
    request_all(&world).await;
    until_paid_in(&world).await;
    let shared: Arc<dyn Leases> = Arc::new(leases.clone());
    let _second = world.start_on(&world.store, Some(shared)).await;
    for transfer in share(1) {
        world.until_over(&transfer).await;
    }
    permits.add_permits(TRANSFERS);
    until_all_over(&world).await;
    check(&world).await;
}

/// Leases of which nobody can tell which are held, so many times.
struct Unsure {
    leases: MemoryLeases,
    times: AtomicUsize,
}

#[async_trait]
impl Leases for Unsure {
    async fn try_acquire(&self, work: &str) -> Result<Option<Lease>, LeaseError> {
        self.leases.try_acquire(work).await
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        let left = |times: usize| times.checked_sub(1);
        if self.times.fetch_update(Relaxed, Relaxed, left).is_ok() {
            let cut_off = std::io::Error::other("cut off");
            return Err(LeaseError::Unavailable(Arc::new(cut_off)));
        }
        self.leases.held(prefix).await
    }
}

#[tokio::test]
async fn nothing_is_done_before_it_is_known_who_else_works_and_all_of_it_then() {
    let world = World::new().await;
    let leases = MemoryLeases::new(&world.clock);
    let unsure = Arc::new(Unsure {
        leases: leases.clone(),
        times: AtomicUsize::new(usize::MAX),
    });
    let shared: Arc<dyn Leases> = Arc::clone(&unsure) as _;
    let _process = world.start_on(&world.store, Some(shared)).await;
    request_all(&world).await;
    for _ in 0..3 {
        let asked = unsure.times.load(Relaxed);
        until(|| unsure.times.load(Relaxed) < asked).await;
    }
    assert_eq!(world.balances().await, (100, 0));
    assert!(leases.held("saga/").await.unwrap().is_empty());
    unsure.times.store(2, Relaxed);
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
