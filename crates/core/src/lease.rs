//! Leases: of several processes that could do a piece of work, one does it.
//!
//! A lease says who *should* work; it cannot keep a process that was paused from believing that
//! it still holds one. Whoever writes under a lease is therefore fenced where it writes, as
//! [`Projector::resume`](crate::Projector::resume) does.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::error::Cause;

/// Who may do a piece of work that several processes could do: one at a time.
///
/// # Contract
///
/// 1. While a lease is held, nobody else is given one for the same work.
/// 2. Its token is above the tokens of all earlier leases for that work.
/// 3. It is renewed by a heartbeat apart from the work, for as long as it is held and its holder
///    is not stuck. A holder that runs finds it [lost](Lease::is_lost) before another has it.
/// 4. It is free again as soon as it is given back, and some time after its holder was killed,
///    stuck or cut off.
/// 5. Dropping the future of [`try_acquire`](Self::try_acquire) leaves nothing held for longer
///    than a killed holder would.
/// 6. What is [held](Self::held) is told as it was at one moment of the call.
#[async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Takes the lease if it is free or has run out; `None` while another holds it.
    async fn try_acquire(&self, work: &str) -> Result<Option<Lease>, LeaseError>;

    /// All work that begins with this and that anybody does now, in the order of its bytes.
    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError>;
}

/// Why it could not be found out who holds a lease.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// Where leases are kept cannot be reached now.
    /// **Do:** back off, then ask again; do none of the work meanwhile.
    #[error("leases unavailable: {0}")]
    Unavailable(#[source] Cause),
}

/// A lease that is held. Dropping it gives it back.
#[derive(Debug)]
pub struct Lease {
    token: u64,
    shared: Arc<Shared>,
}

/// The other end of a [`Lease`]: what the heartbeat of a backend knows of its holder.
///
/// Dropping it means that nobody renews the lease any more, so its holder finds it lost.
#[derive(Debug)]
pub struct LeaseState {
    shared: Arc<Shared>,
}

impl Lease {
    /// A lease that was just granted, and the end of it that its heartbeat keeps.
    pub fn granted(token: u64) -> (Self, LeaseState) {
        let shared = Arc::<Shared>::default();
        let state = LeaseState {
            shared: Arc::clone(&shared),
        };
        (Self { token, shared }, state)
    }

    /// Its place among all leases for the same work: higher than all before.
    pub fn token(&self) -> u64 {
        self.token
    }

    /// Tells that a step of the work begins. A step that takes too long is taken for stuck, and
    /// the lease runs out.
    pub fn working(&self) {
        let mut terms = self.shared.terms();
        terms.steps += 1;
        terms.in_step = true;
    }

    /// Tells that there is nothing to do, for however long.
    pub fn idle(&self) {
        self.shared.terms().in_step = false;
    }

    /// True once it is no longer held, whatever the holder did.
    pub fn is_lost(&self) -> bool {
        self.shared.terms().is_lost
    }

    /// Waits until it is lost. **Do:** stop the work at once.
    pub async fn lost(&self) {
        self.shared.wait_until(|terms| terms.is_lost).await;
    }

    /// Gives it back, and waits until another can have it.
    pub async fn give_back(self) {
        self.shared.change(|terms| terms.is_given_back = true);
        self.lost().await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.shared.change(|terms| terms.is_given_back = true);
    }
}

impl LeaseState {
    /// True once the holder gave it back. **Do:** free it, then drop this.
    pub fn is_given_back(&self) -> bool {
        self.shared.terms().is_given_back
    }

    /// Waits until the holder gives it back.
    pub async fn given_back(&self) {
        self.shared.wait_until(|terms| terms.is_given_back).await;
    }

    /// For how long the holder has been at one step of its work, as far as it was looked at:
    /// counted from the first look at that step. Zero when it has nothing to do.
    ///
    /// Of the caller's clock only differences matter; it must not go back.
    pub fn stuck_for(&self, now: Instant) -> Duration {
        let mut terms = self.shared.terms();
        let step = terms.step();
        let since = match terms.seen {
            Some((seen, since)) if step == Some(seen) => since,
            _ => now,
        };
        terms.seen = step.map(|step| (step, since));
        now.saturating_duration_since(since)
    }

    /// Tells the holder that the lease is no longer its own.
    pub fn mark_lost(&self) {
        self.shared.change(|terms| terms.is_lost = true);
    }
}

impl Drop for LeaseState {
    fn drop(&mut self) {
        self.mark_lost();
    }
}

/// What both ends know.
#[derive(Debug, Default)]
struct Shared {
    terms: Mutex<Terms>,
}

#[derive(Debug, Default)]
struct Terms {
    is_lost: bool,
    is_given_back: bool,
    /// How many steps were begun.
    steps: u64,
    /// True while the last of them goes on.
    in_step: bool,
    /// The step the heartbeat saw it at, and since when.
    seen: Option<(u64, Instant)>,
    /// Who waits for a change, at either end.
    waiting: Vec<Waker>,
}

impl Shared {
    fn terms(&self) -> MutexGuard<'_, Terms> {
        self.terms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Terms)) {
        let mut terms = self.terms();
        change(&mut terms);
        let waiting = std::mem::take(&mut terms.waiting);
        // Whoever is woken may look at once.
        drop(terms);
        waiting.into_iter().for_each(Waker::wake);
    }

    async fn wait_until(&self, is_so: impl Fn(&Terms) -> bool) {
        poll_fn(|cx| self.terms().poll_until(&is_so, cx)).await;
    }
}

impl Terms {
    fn step(&self) -> Option<u64> {
        self.in_step.then_some(self.steps)
    }

    fn poll_until(&mut self, is_so: impl Fn(&Self) -> bool, cx: &Context<'_>) -> Poll<()> {
        if is_so(self) {
            return Poll::Ready(());
        }
        let me = cx.waker();
        if !self.waiting.iter().any(|waiting| waiting.will_wake(me)) {
            self.waiting.push(me.clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests;
