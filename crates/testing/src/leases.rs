//! Leases in the test's hands.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use annals_core::{Clock, Lease, LeaseError, LeaseState, Leases, Timestamp};
use async_trait::async_trait;

use crate::clock::ManualClock;

/// Leases in memory, for what stands for several processes. Time is the test's clock, and hearts
/// beat when the test [says so](Self::beat). Clones are the same leases.
#[derive(Debug, Clone)]
pub struct MemoryLeases {
    clock: ManualClock,
    /// One moment, by both kinds of time.
    start: (Timestamp, Instant),
    granted: Arc<Mutex<Granted>>,
}

/// All leases of all kinds of work.
#[derive(Debug, Default)]
struct Granted {
    /// The last token for each kind of work.
    tokens: HashMap<String, u64>,
    grants: Vec<Grant>,
}

/// A lease, from the outside.
#[derive(Debug)]
struct Grant {
    work: String,
    token: u64,
    runs_out: Timestamp,
    /// A paused holder learns nothing, so it goes on to believe that it holds the lease.
    is_paused: bool,
    state: Arc<LeaseState>,
}

impl MemoryLeases {
    /// How long a lease is held after its last heartbeat.
    pub const TERM: Duration = Duration::from_secs(10);

    /// A holder that is longer than this at one step of its work is stuck.
    pub const STUCK_AFTER: Duration = Duration::from_secs(60);

    /// Leases by this clock; none is held.
    pub fn new(clock: &ManualClock) -> Self {
        Self {
            clock: clock.clone(),
            start: (clock.now(), Instant::now()),
            granted: Arc::default(),
        }
    }

    /// One heartbeat of every holder that is not paused: its lease is renewed unless it is stuck,
    /// and is lost if it has run out.
    pub fn beat(&self) {
        let (now, instant) = (self.clock.now(), self.instant());
        lock(&self.granted).grants.retain_mut(|grant| {
            let is_held = grant.runs_out > now;
            if !grant.is_paused && is_held && grant.state.stuck_for(instant) < Self::STUCK_AFTER {
                grant.runs_out = now + Self::TERM;
            }
            grant.is_paused || is_held
        });
    }

    /// Takes a lease away, as from a holder that was cut off.
    pub fn take_away(&self, work: &str) {
        lock(&self.granted)
            .grants
            .retain(|grant| grant.work != work);
    }

    /// Pauses the holder's heartbeat, as if its process were: the lease runs out, and the holder
    /// does not notice.
    pub fn pause(&self, work: &str) {
        let mut granted = lock(&self.granted);
        let grants = granted.grants.iter_mut();
        for grant in grants.filter(|grant| grant.work == work) {
            grant.is_paused = true;
        }
    }

    /// The token of the lease that is held for some work.
    pub fn token(&self, work: &str) -> Option<u64> {
        lock(&self.granted).token(work, self.clock.now())
    }

    fn instant(&self) -> Instant {
        let (start, instant) = self.start;
        let turned = self.clock.now().duration_since(start);
        instant + turned.unsigned_abs()
    }
}

impl Granted {
    fn token(&self, work: &str, now: Timestamp) -> Option<u64> {
        let mut grants = self.grants.iter();
        let held = grants.find(|grant| grant.work == work && grant.runs_out > now);
        held.map(|grant| grant.token)
    }

    fn held(&self, prefix: &str, now: Timestamp) -> Vec<String> {
        let grants = self.grants.iter().filter(|grant| grant.runs_out > now);
        let held = grants.map(|grant| &grant.work);
        let held = held.filter(|work| work.starts_with(prefix)).cloned();
        held.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn grant(&mut self, work: &str, runs_out: Timestamp) -> (Lease, Arc<LeaseState>) {
        // One that has run out is lost by now, whether its heart beats or not.
        self.grants
            .retain(|grant| grant.work != work || grant.is_paused);
        let last = self.tokens.entry(work.to_owned()).or_default();
        *last += 1;
        let (lease, state) = Lease::granted(*last);
        let state = Arc::new(state);
        self.grants.push(Grant {
            work: work.to_owned(),
            token: *last,
            runs_out,
            is_paused: false,
            state: Arc::clone(&state),
        });
        (lease, state)
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.state.mark_lost();
    }
}

#[async_trait]
impl Leases for MemoryLeases {
    async fn try_acquire(&self, work: &str) -> Result<Option<Lease>, LeaseError> {
        let now = self.clock.now();
        let mut granted = lock(&self.granted);
        if granted.token(work, now).is_some() {
            return Ok(None);
        }
        let (lease, state) = granted.grant(work, now + Self::TERM);
        tokio::spawn(free_when_given_back(Arc::clone(&self.granted), state));
        Ok(Some(lease))
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        Ok(lock(&self.granted).held(prefix, self.clock.now()))
    }
}

async fn free_when_given_back(granted: Arc<Mutex<Granted>>, state: Arc<LeaseState>) {
    state.given_back().await;
    let mut granted = lock(&granted);
    granted
        .grants
        .retain(|grant| !Arc::ptr_eq(&grant.state, &state));
}

fn lock(granted: &Mutex<Granted>) -> MutexGuard<'_, Granted> {
    granted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
