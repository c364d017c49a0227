use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Wake;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicU32);

impl Bell {
    fn rung(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_lease_is_held_until_it_is_marked_lost() {
    let (lease, state) = Lease::granted(7);
    assert_eq!((lease.token(), lease.is_lost()), (7, false));
    state.mark_lost();
    assert!(lease.is_lost());
}

#[test]
fn a_lease_whose_heartbeat_ended_is_lost() {
    let (lease, state) = Lease::granted(1);
    drop(state);
    assert!(lease.is_lost());
}

#[test]
fn a_lease_that_is_dropped_is_given_back() {
    let (lease, state) = Lease::granted(1);
    assert!(!state.is_given_back());
    drop(lease);
    assert!(state.is_given_back());
}

#[test]
fn everyone_who_waits_for_the_loss_is_woken_once() {
    let (lease, state) = Lease::granted(1);
    let bells = [Arc::<Bell>::default(), Arc::default()];
    let mut waits = [pin!(lease.lost()), pin!(lease.lost())];
    for _ in 0..3 {
        for (wait, bell) in waits.iter_mut().zip(&bells) {
            let waker = Arc::clone(bell).into();
            let polled = wait.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
    }
    state.mark_lost();
    for (wait, bell) in waits.iter_mut().zip(&bells) {
        assert_eq!(bell.rung(), 1);
        let polled = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_ready());
    }
}

#[test]
fn the_heartbeat_is_woken_when_the_lease_is_given_back() {
    let (lease, state) = Lease::granted(1);
    let bell = Arc::<Bell>::default();
    let waker = Arc::clone(&bell).into();
    let mut wait = pin!(state.given_back());
    let cx = &mut Context::from_waker(&waker);
    assert!(wait.as_mut().poll(cx).is_pending());
    drop(lease);
    assert_eq!(bell.rung(), 1);
    assert!(wait.as_mut().poll(cx).is_ready());
}

#[test]
fn giving_back_ends_when_the_lease_is_free() {
    let (lease, state) = Lease::granted(1);
    let mut giving_back = pin!(lease.give_back());
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(giving_back.as_mut().poll(cx).is_pending());
    assert!(state.is_given_back());
    drop(state);
    assert!(giving_back.as_mut().poll(cx).is_ready());
}

#[test]
fn a_holder_is_stuck_for_as_long_as_it_is_seen_at_one_step() {
    let (lease, state) = Lease::granted(1);
    let start = Instant::now();
    assert_eq!(state.stuck_for(start), Duration::ZERO);
    lease.working();
    assert_eq!(state.stuck_for(start + SECOND), Duration::ZERO);
    assert_eq!(state.stuck_for(start + 4 * SECOND), 3 * SECOND);
    lease.working();
    assert_eq!(state.stuck_for(start + 5 * SECOND), Duration::ZERO);
    assert_eq!(state.stuck_for(start + 6 * SECOND), SECOND);
    lease.idle();
    assert_eq!(state.stuck_for(start + 60 * SECOND), Duration::ZERO);
    lease.working();
    assert_eq!(state.stuck_for(start + 90 * SECOND), Duration::ZERO);
}
