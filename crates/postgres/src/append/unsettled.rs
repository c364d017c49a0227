//! Which appends are on their way, so that nobody is told too early what became of one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use annals_core::AppendId;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::{Outcome, Request};

#[cfg(test)]
mod tests;

/// When so many are noted, those whose time has passed are forgotten.
const MOST: usize = 100_000;

/// Appends that may still be recorded, each until the server no longer takes it.
///
/// An append whose caller went away stays here, and so does one that nobody knows of.
#[derive(Default)]
pub(super) struct Unsettled {
    until: Mutex<HashMap<AppendId, Instant>>,
    fewer: Notify,
}

impl Unsettled {
    /// Notes that an append may be recorded from now until then. False if it is on its way already.
    pub(super) fn enter(&self, append: AppendId, until: Instant) -> bool {
        let now = Instant::now();
        let mut noted = self.lock();
        if noted.len() >= MOST {
            noted.retain(|_, until| *until > now);
        }
        let noted_until = noted.entry(append).or_insert(now);
        let is_free = *noted_until <= now;
        if is_free {
            *noted_until = until;
        }
        is_free
    }

    /// Answers callers for good: nothing more can become of their appends.
    pub(super) fn answer(&self, answers: Vec<(Request, Outcome)>) {
        let mut noted = self.lock();
        for (request, _) in &answers {
            noted.remove(&request.append.id);
        }
        drop(noted);
        self.fewer.notify_waiters();
        for (request, outcome) in answers {
            request.reply(outcome);
        }
    }

    /// Waits until an append is not, or no longer, on its way.
    pub(super) async fn settled(&self, append: AppendId) {
        loop {
            let fewer = self.fewer.notified();
            let Some(until) = self.lock().get(&append).copied() else {
                return;
            };
            if timeout_at(until, fewer).await.is_err() {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AppendId, Instant>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
