//! The time for which a runner has its turn: it finds what is due, and has it done.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{InstanceId, QueryError, Saga, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use super::driven::{Driven, Ended};
use super::nudges::Nudged;
use super::resting::Resting;
use super::runner::Runner;
use super::seats::{Seat, Share};
use super::sweep::Sweep;
use crate::backoff::{Backoff, wait};
use crate::projection::Progress;

/// The index may move a thousand times a second; it is looked at less often. What begins in this
/// process does not wait for it.
const BETWEEN_SWEEPS: Duration = Duration::from_millis(20);

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
    /// False if the last look failed: then the next one is not before it is due in any case.
    could_look: bool,
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
            could_look: true,
            resting: Resting::new(Backoff {
                first: options.look_every,
                most: LONGEST_REST.max(options.look_every),
            }),
            runner,
        }
    }

    /// Begins to drive the instances that are due, for as long as there are places.
    pub(super) async fn look(&mut self) -> Result<(), QueryError> {
        self.ask_for_share().await;
        let looked = self.begin_due().await;
        self.could_look = looked.is_ok();
        looked
    }

    /// Asks which instances are those of its seat, unless it has lately.
    async fn ask_for_share(&mut self) {
        if Instant::now() < self.ask_at {
            return;
        }
        self.ask_at = Instant::now() + self.runner.options.look_every;
        match self.seat.share().await {
            Ok(share) if self.share == Some(share) => {}
            Ok(share) => {
                let Share { index, of } = share;
                tracing::info!(saga = S::NAME, index, of, "works on its share");
                self.runner.meter.shared_among(of);
                self.share = Some(share);
            }
            Err(error) => tracing::warn!(saga = S::NAME, %error, "who works on it is unknown"),
        }
    }

    fn is_ours(&self, instance: &InstanceId) -> bool {
        self.share.is_some_and(|share| share.has(instance))
    }

    async fn begin_due(&mut self) -> Result<(), QueryError> {
        if !self.sweep.is_under_way() {
            self.index.mark_unchanged();
        }
        while self.driven.has_place() {
            let now = self.runner.options.clock.now();
            let Some(instance) = self.sweep.next(now).await? else {
                return Ok(());
            };
            if self.is_ours(&instance) && !self.resting.has(&instance) {
                self.driven.begin(instance);
            }
        }
        Ok(())
    }

    /// Waits until there may be something to find: something is due, the index moved, a look is due in
    /// any case, or there is a place for what the last look left.
    pub(super) async fn until_next_look(&mut self) {
        let look_every = self.runner.options.look_every;
        let mut look_at = Instant::now() + look_every;
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
                    if self.sweep.is_under_way() && self.could_look {
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

    /// How soon the index is looked at again.
    fn between_looks(&self) -> Duration {
        let look_every = self.runner.options.look_every;
        match self.could_look {
            true => BETWEEN_SWEEPS.min(look_every),
            false => look_every,
        }
    }

    /// Makes the next look no later than something is due.
    fn look_when_due(&self, look_at: &mut Instant, due: Option<Timestamp>) {
        let Some(due) = due.filter(|_| self.could_look) else {
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

/// Waits until the index has moved since it was looked at. Never again once its projection has ended:
/// then time alone tells.
async fn index_moved(mut index: watch::Receiver<Progress>, not_before: Duration) {
    wait(not_before).await;
    if index.changed().await.is_err() {
        pending::<()>().await;
    }
}
