//! The time for which a runner has a seat: it finds what is due in its share, and has it done.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{InstanceId, QueryError, Saga, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use super::SagaOptions;
use super::driven::{Driven, Ended};
use super::nudges::Nudged;
use super::resting::Resting;
use super::runner::Runner;
use super::seats::{Seat, Share, asked_every};
use super::sweep::Sweep;
use crate::backoff::{Backoff, wait};
use crate::projection::Progress;

/// The index may move a thousand times a second; it is looked at less often. What begins in this
/// process does not wait for it.
const BETWEEN_SWEEPS: Duration = Duration::from_millis(20);

/// So many rows are met in one look: those of others take no place, and may be many.
const ROWS_OF_A_LOOK: usize = 1_024;

/// No instance that cannot go on is left alone for longer.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What is known as long as it lasts.
pub(super) struct Shift<'a, S: Saga> {
    runner: &'a Runner<S>,
    seat: &'a Seat<'a>,
    /// Which instances are those of the seat, as far as is known, and when that is asked for again.
    share: Option<Share>,
    ask_at: Instant,
    index: watch::Receiver<Progress>,
    nudged: Nudged,
    sweep: Sweep,
    driven: Driven<S>,
    resting: Resting,
    looked: Looked,
}

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// All that is due was met.
    Through,
    /// There were no more places.
    Full,
    /// It was enough for once, and what is due was mostly others'.
    Far,
    /// It failed: the next one is not before it is due in any case.
    Failed,
}

impl<'a, S: Saga> Shift<'a, S> {
    /// One that begins now.
    pub(super) fn of(runner: &'a Runner<S>, seat: &'a Seat<'a>) -> Self {
        let options = &runner.options;
        Self {
            seat,
            share: None,
            ask_at: Instant::now(),
            index: runner.index.clone(),
            nudged: runner.nudged.anew(),
            sweep: Sweep::of(S::NAME, runner.rows.clone()),
            driven: Driven::new(Arc::clone(&runner.driver), options.at_once),
            looked: Looked::Through,
            resting: resting(options),
            runner,
        }
    }

    /// True if others can do what is due if this process leaves.
    pub(super) fn is_shared(&self) -> bool {
        self.share.is_some_and(Share::is_part)
    }

    /// Begins to drive the instances that are due, for as long as there are places.
    pub(super) async fn look(&mut self) -> Result<(), QueryError> {
        self.ask_for_share().await;
        let looked = self.begin_due().await;
        self.looked = *looked.as_ref().unwrap_or(&Looked::Failed);
        looked.map(drop)
    }

    /// Asks which instances are those of its seat, unless it has lately.
    async fn ask_for_share(&mut self) {
        if Instant::now() < self.ask_at {
            return;
        }
        self.ask_at = Instant::now() + asked_every(&self.runner.options);
        match self.seat.share().await {
            Ok(share) if self.share == Some(share) => {}
            Ok(share) => {
                let Share { index, of } = share;
                tracing::info!(saga = S::NAME, index, of, "works on its share");
                self.runner.meter.shared_among(of);
                self.share = Some(share);
                // Some of those that rest may be others' now.
                self.resting = resting(&self.runner.options);
            }
            Err(error) => tracing::warn!(saga = S::NAME, %error, "who works on it is unknown"),
        }
    }

    fn is_ours(&self, instance: &InstanceId) -> bool {
        self.share.is_some_and(|share| share.has(instance))
    }

    async fn begin_due(&mut self) -> Result<Looked, QueryError> {
        if !self.sweep.is_under_way() {
            self.index.mark_unchanged();
        }
        for _ in 0..ROWS_OF_A_LOOK {
            if !self.driven.has_place() {
                return Ok(Looked::Full);
            }
            let now = self.runner.options.clock.now();
            let Some(instance) = self.sweep.next(now).await? else {
                return Ok(Looked::Through);
            };
            if self.is_ours(&instance) && !self.resting.has(&instance) {
                self.driven.begin(instance);
            }
        }
        Ok(Looked::Far)
    }

    /// Waits until there may be something to find: something is due, the index moved, a look is due in
    /// any case, or the last look left something.
    pub(super) async fn until_next_look(&mut self) {
        let mut look_at = self.next_look();
        // Without a place, one that ends is waited for.
        if self.driven.has_place() {
            self.look_when_due(&mut look_at, self.sweep.next_due());
        }
        let mut index_moved = pin!(index_moved(self.index.clone(), self.between_looks()));
        loop {
            tokio::select! {
                () = wait(look_at.saturating_duration_since(Instant::now())) => return,
                () = &mut index_moved => return,
                instance = self.nudged.next(), if self.driven.has_place() => {
                    if self.is_ours(&instance) {
                        self.driven.begin_nudged(instance);
                    }
                }
                Some(ended) = self.driven.next_ended() => {
                    let due = self.ended(ended);
                    self.look_when_due(&mut look_at, due);
                    self.look_when_due(&mut look_at, self.sweep.next_due());
                    if self.looked == Looked::Full && self.sweep.is_under_way() {
                        return;
                    }
                }
            }
        }
    }

    /// Answers when there is something to do for the instance next.
    fn ended(&mut self, ended: Ended) -> Option<Timestamp> {
        match ended.answer {
            Ok(due) => {
                self.resting.forget(&ended.instance);
                due
            }
            Err(error) => {
                self.runner.meter.failed();
                let instance = ended.instance.as_str();
                let ids = &*self.runner.options.ids;
                if self.resting.failed(&ended.instance, ids) {
                    tracing::error!(saga = S::NAME, instance, error, "an instance cannot go on");
                }
                None
            }
        }
    }

    /// When it is looked in any case.
    fn next_look(&self) -> Instant {
        let wait = match self.looked {
            Looked::Far => self.between_looks(),
            Looked::Through | Looked::Full | Looked::Failed => self.runner.options.look_every,
        };
        let next = Instant::now() + wait;
        match self.looked {
            Looked::Failed => next,
            _ => next.min(self.ask_at),
        }
    }

    /// How soon the index is looked at again.
    fn between_looks(&self) -> Duration {
        let look_every = self.runner.options.look_every;
        match self.looked {
            Looked::Failed => look_every,
            _ => BETWEEN_SWEEPS.min(look_every),
        }
    }

    /// Makes the next look no later than something is due.
    fn look_when_due(&self, look_at: &mut Instant, due: Option<Timestamp>) {
        let Some(due) = due.filter(|_| self.looked != Looked::Failed) else {
            return;
        };
        let left = due.duration_since(self.runner.options.clock.now());
        // Not due when it was met, it may be by now.
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        if let Some(at) = Instant::now().checked_add(left) {
            *look_at = at.min(*look_at);
        }
    }
}

impl<S: Saga> Drop for Shift<'_, S> {
    fn drop(&mut self) {
        self.runner.meter.stands_by();
    }
}

fn resting(options: &SagaOptions) -> Resting {
    Resting::new(Backoff {
        first: options.look_every,
        most: LONGEST_REST.max(options.look_every),
    })
}

/// Waits until the index has moved since it was looked at. Never again once its projection has ended:
/// then time alone tells.
async fn index_moved(mut index: watch::Receiver<Progress>, not_before: Duration) {
    wait(not_before).await;
    if index.changed().await.is_err() {
        pending::<()>().await;
    }
}
