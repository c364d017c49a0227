use super::*;

const WORK: &str = "some work";

fn leases() -> (ManualClock, MemoryLeases) {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    let leases = MemoryLeases::new(&clock);
    (clock, leases)
}

/// Turns the clock, with a heartbeat in every half of a term.
fn pass(clock: &ManualClock, leases: &MemoryLeases, time: Duration) {
    let half = MemoryLeases::TERM / 2;
    for _ in 0..time.as_secs() / half.as_secs() {
        clock.advance(half);
        leases.beat();
    }
}

#[tokio::test]
async fn one_holder_at_a_time_and_each_has_a_higher_token() {
    let (_, leases) = leases();
    let first = leases.try_acquire(WORK).await.unwrap().unwrap();
    assert!(leases.try_acquire(WORK).await.unwrap().is_none());
    assert!(leases.try_acquire("other").await.unwrap().is_some());
    let token = first.token();
    first.give_back().await;
    let second = leases.try_acquire(WORK).await.unwrap().unwrap();
    assert!(second.token() > token);
}

#[tokio::test]
async fn a_lease_is_held_for_as_long_as_its_heart_beats() {
    let (clock, leases) = leases();
    let lease = leases.try_acquire(WORK).await.unwrap().unwrap();
    pass(&clock, &leases, 10 * MemoryLeases::TERM);
    assert!(!lease.is_lost());
    clock.advance(MemoryLeases::TERM);
    leases.beat();
    assert!(lease.is_lost());
}

#[tokio::test]
async fn a_stuck_holder_loses_its_lease() {
    let (clock, leases) = leases();
    let lease = leases.try_acquire(WORK).await.unwrap().unwrap();
    lease.working();
    pass(&clock, &leases, MemoryLeases::STUCK_AFTER);
    assert!(!lease.is_lost());
    lease.working();
    pass(&clock, &leases, MemoryLeases::STUCK_AFTER);
    assert!(!lease.is_lost(), "it was another step");
    pass(&clock, &leases, 2 * MemoryLeases::TERM);
    assert!(lease.is_lost());
}

#[tokio::test]
async fn a_paused_holder_does_not_notice_that_another_holds_its_lease() {
    let (clock, leases) = leases();
    let paused = leases.try_acquire(WORK).await.unwrap().unwrap();
    leases.pause(WORK);
    clock.advance(MemoryLeases::TERM);
    let other = leases.try_acquire(WORK).await.unwrap().unwrap();
    assert!(!paused.is_lost() && !other.is_lost());
    assert_eq!(leases.token(WORK), Some(other.token()));
    leases.take_away(WORK);
    assert!(other.is_lost());
}

#[tokio::test]
async fn it_tells_what_is_held() {
    let (clock, leases) = leases();
    let works = ["b/2", "a/1", "b/1"];
    let mut held = Vec::new();
    for work in works {
        held.extend(leases.try_acquire(work).await.unwrap());
    }
    assert_eq!(leases.held("b/").await.unwrap(), ["b/1", "b/2"]);
    leases.take_away("b/1");
    assert_eq!(leases.held("b/").await.unwrap(), ["b/2"]);
    clock.advance(MemoryLeases::TERM);
    assert!(leases.held("").await.unwrap().is_empty());
}
