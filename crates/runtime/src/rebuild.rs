//! Rebuilding a read model beside the one that is read, and changing over to it once it is proven.
//!
//! In reading order: `options` and `handle` are what it is told, `progress` what others see of it; `turn` lets one process at a time do it;
//! `catch_up` folds the candidate from the events; `comparison` holds it against the current edition;
//! `last_steps` are taken amid the exchange; here is the order of it all. `roll_back` takes the last of
//! it back.
//!
//! Everything it has done is in the database: broken off anywhere, it goes on there when it is begun
//! again.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Edition, Editions, EventStore, Exchange, Exchanged, Position, QueryError, ReadModels,
    RowsCheck, Sample, TableFold,
};
use tokio::sync::watch;

use crate::backoff::Backoff;
use crate::era::Era;
use crate::refold::{RefoldOptions, RefoldSubject, check_rows};
use crate::spans;
use catch_up::CatchUp;
use last_steps::LastSteps;

pub use comparison::{Comparison, Difference, TableComparison};
pub use handle::RebuildHandle;
pub use options::{CutOver, RebuildOptions};
use progress::{Control, Ending, Report};
pub use progress::{RebuildError, RebuildPhase, RebuildProgress};
pub use roll_back::roll_back;
use turn::{OurTurn, Turn};

mod catch_up;
mod comparison;
mod handle;
mod last_steps;
mod options;
mod progress;
mod roll_back;
mod turn;

/// Most times that an exchange is tried, or the current edition is waited for.
const MOST_TRIES: u32 = 500;

/// Between those: readers and writers are done in a moment.
const MOMENT: Backoff = Backoff {
    first: Duration::from_millis(2),
    most: Duration::from_millis(100),
};

/// Begins to rebuild the read model of a fold, in a task of its own, or goes on with what was begun.
///
/// Whoever runs the projection goes on with the current edition until the candidate takes its place,
/// and with that from then on. The edition before is kept as [`Edition::Previous`].
///
/// With [`leases`](RebuildOptions::leases), one process at a time rebuilds. Another one waits, and is
/// done as soon as that one is; if that one ends without, it goes on in its place.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn rebuild(
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
    fold: TableFold,
    options: RebuildOptions,
) -> RebuildHandle {
    let (report, progress) = Report::new(fold.name(), Arc::clone(&options.clock));
    let (control, controlled) = watch::channel(Control::default());
    let rebuild = Rebuild {
        store,
        read_models,
        fold,
        options,
        report,
        control: controlled,
        turn: None,
    };
    let forgetting = rebuild.report.forgetting();
    tokio::spawn(rebuild.run());
    RebuildHandle {
        progress,
        control,
        forgetting,
    }
}

struct Rebuild {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
    fold: TableFold,
    options: RebuildOptions,
    report: Report,
    control: watch::Receiver<Control>,
    /// Its turn, held until what was made is dropped.
    turn: Option<OurTurn>,
}

impl Rebuild {
    async fn run(mut self) {
        let ended = match self.all_patiently().await {
            Ok(position) => RebuildPhase::CutOver(position),
            Err(RebuildError::Cancelled) => self.discard().await,
            Err(error) => RebuildPhase::Failed(error),
        };
        // Whoever waits for its end may then open the store anew.
        self.into_report().phase(ended);
    }

    /// Lets go of all else.
    fn into_report(self) -> Report {
        self.report
    }

    /// Begins again, where the candidate is, after what may pass: until it got nowhere too often.
    async fn all_patiently(&mut self) -> Result<Position, RebuildError> {
        let (mut reached, mut attempt) = (Position::START, 0);
        loop {
            let error = match self.once().await {
                Err(error) if error.may_pass() => error,
                done => return done,
            };
            let position = self.report.position();
            attempt = if position > reached { 1 } else { attempt + 1 };
            reached = position;
            if attempt >= self.options.attempts {
                return Err(error);
            }
            let projection = self.fold.name();
            tracing::warn!(projection, %error, attempt, "rebuild tries again");
            self.pause(self.options.backoff, attempt).await;
            self.go_ahead().await?;
        }
    }

    /// Does it when it is its turn, unless another process has done it by then.
    async fn once(&mut self) -> Result<Position, RebuildError> {
        let turn = match self.wait_for_turn().await? {
            Turn::Ours(turn) => turn,
            Turn::Over(position) => return Ok(position),
        };
        let done = tokio::select! {
            biased;
            () = turn.lost() => Err(RebuildError::LeaseLost),
            done = self.all() => done,
        };
        match done {
            // Another process would go on with what is to be dropped.
            Err(RebuildError::Cancelled) => self.turn = Some(turn),
            _ => turn.give_back().await,
        }
        done
    }

    async fn all(&mut self) -> Result<Position, RebuildError> {
        let read_models = Arc::clone(&self.read_models);
        let editions = editions(&*read_models)?;
        self.report.phase(RebuildPhase::CatchingUp);
        let current = editions
            .projector(self.fold.clone(), Edition::Current)
            .await?;
        let candidate = editions
            .projector(self.fold.clone(), Edition::Candidate)
            .await?;
        let projectors = (candidate, current);
        let mut catch_up = CatchUp::resume(&self.store, projectors, &self.options).await?;
        self.report.resumed(catch_up.position());
        let name = self.fold.name();
        let span = spans::rebuild(name, "catching up");
        spans::within(span, self.catch_up_to_end(&mut catch_up)).await?;
        self.report.phase(RebuildPhase::Comparing);
        let era = self.report.era();
        let comparison = match self.options.cut_over {
            CutOver::WhenComplete => None,
            _ => {
                let span = spans::rebuild(name, "comparing");
                spans::within(span, self.compare(editions, &mut catch_up)).await?
            }
        };
        self.permission(comparison, era).await?;
        let span = spans::rebuild(name, "cutting over");
        spans::within(span, self.cut_over(editions, &mut catch_up)).await
    }

    /// Folds up to where the store ends now. What is recorded meanwhile is not chased: it may be more
    /// than can be folded.
    async fn catch_up_to_end(&mut self, catch_up: &mut CatchUp) -> Result<(), RebuildError> {
        let head = self.store.head().await?;
        self.catch_up(catch_up, head).await
    }

    /// Folds up to a position.
    async fn catch_up(
        &mut self,
        catch_up: &mut CatchUp,
        up_to: Position,
    ) -> Result<(), RebuildError> {
        self.report.sets_out();
        loop {
            self.go_ahead().await?;
            let step = catch_up.step(up_to).await?;
            self.report.step(&step);
            if step.is_last {
                return Ok(());
            }
            self.throttle(step.events).await;
        }
    }

    /// Waits as long as so many events may take, unless it is told something meanwhile.
    async fn throttle(&mut self, events: u64) {
        let batches = self.options.batches();
        tokio::select! {
            () = batches.throttle(events) => {}
            _told = self.control.changed() => {}
        }
    }

    /// Waits before another try, unless it is told something meanwhile.
    async fn pause(&mut self, backoff: Backoff, attempt: u32) {
        tokio::select! {
            () = backoff.pause(attempt, &*self.options.ids) => {}
            _told = self.control.changed() => {}
        }
    }

    /// Holds the candidate against the current edition, where both are at the same position. `None`:
    /// that is of another declaration, whose rows are meant to differ.
    async fn compare(
        &mut self,
        editions: &dyn Editions,
        catch_up: &mut CatchUp,
    ) -> Result<Option<Comparison>, RebuildError> {
        let fold = self.fold.clone();
        let (mut attempt, mut stood_at) = (0, None);
        while attempt < MOST_TRIES {
            let states = editions.list(fold.name()).await?;
            let current = states
                .iter()
                .find(|state| state.edition == Edition::Current);
            let current = current.ok_or(RebuildError::NothingToReplace)?;
            if current.fingerprint != fold.fingerprint() {
                return Ok(None);
            }
            let sample = Sample::Random(self.options.sample);
            let current = editions.rows(&fold, Edition::Current, sample).await?;
            let at = catch_up.position();
            if current.position < at && catch_up.misses_any(current.position, at).await? {
                self.go_ahead().await?;
                // As long as it moves, it is waited for.
                let has_moved = stood_at.replace(current.position) != Some(current.position);
                attempt = if has_moved { 1 } else { attempt + 1 };
                self.pause(MOMENT, attempt).await;
                continue;
            }
            self.catch_up(catch_up, current.position.max(at)).await?;
            let keys = Sample::Keys(comparison::keys_of(&fold, &current));
            let candidate = editions.rows(&fold, Edition::Candidate, keys).await?;
            if candidate.position != catch_up.position() {
                // Somebody else rebuilds it as well.
                return Err(RebuildError::NotAlone);
            }
            let refolded = self.refold_candidate().await?;
            let editions = (&current, &candidate);
            return Ok(Some(Comparison::of(&fold, editions, refolded)));
        }
        Err(RebuildError::CurrentStandsStill)
    }

    /// Holds some keys of the candidate against what the events make of them.
    async fn refold_candidate(&mut self) -> Result<RowsCheck, RebuildError> {
        let candidate = RefoldSubject {
            store: Arc::clone(&self.store),
            read_models: Arc::clone(&self.read_models),
            fold: self.fold.clone(),
            edition: Edition::Candidate,
        };
        let options = RefoldOptions {
            sample: self.options.sample,
            throttle: self.options.throttle,
            ids: Arc::clone(&self.options.ids),
            ..RefoldOptions::default()
        };
        let is_over = |control: &Control| control.ending.is_some();
        let checked = tokio::select! {
            checked = check_rows(&candidate, &options) => Some(checked?),
            _ = self.control.wait_for(is_over) => None,
        };
        self.go_ahead().await?;
        checked.ok_or(RebuildError::BrokenOff)
    }

    /// Waits for permission to cut over, if it needs any.
    async fn permission(
        &mut self,
        comparison: Option<Comparison>,
        era: Era,
    ) -> Result<(), RebuildError> {
        let is_same = comparison.as_ref().is_some_and(Comparison::is_same);
        let goes_on = match self.options.cut_over {
            CutOver::WhenComplete => true,
            CutOver::WhenSame => is_same,
            CutOver::WhenTold => false,
        };
        self.report.compared(comparison, era);
        loop {
            self.go_ahead().await?;
            // After that, which takes note of whatever was told.
            if goes_on || self.control.borrow().accepted {
                return Ok(());
            }
            let changed = self.control.changed().await;
            changed.map_err(|_| RebuildError::BrokenOff)?;
        }
    }

    async fn cut_over(
        &mut self,
        editions: &dyn Editions,
        catch_up: &mut CatchUp,
    ) -> Result<Position, RebuildError> {
        for attempt in 1..=MOST_TRIES {
            self.catch_up_to_end(catch_up).await?;
            let mut last_steps = LastSteps::of(catch_up);
            let (cut_over, now) = (Exchange::CutOver, self.options.clock.now());
            let exchanged = editions.exchange(&self.fold, cut_over, &mut last_steps, now);
            match exchanged.await {
                Ok(Exchanged::Done(position)) => return Ok(position),
                Ok(Exchanged::Missing) => return Err(RebuildError::NothingToReplace),
                Ok(Exchanged::Behind { .. }) => last_steps.outcome()?,
                // Somebody reads or writes it.
                Err(QueryError::Unavailable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            self.pause(MOMENT, attempt).await;
        }
        Err(RebuildError::NeverFree)
    }

    /// Stands still while it is paused.
    async fn go_ahead(&mut self) -> Result<(), RebuildError> {
        if self.control.borrow().paused {
            self.report.paused(true);
        }
        let is_free = |control: &Control| !control.paused || control.ending.is_some();
        let told = self.control.wait_for(is_free).await;
        let told = *told.map_err(|_| RebuildError::BrokenOff)?;
        self.report.paused(false);
        match told.ending {
            Some(Ending::Cancelled) => Err(RebuildError::Cancelled),
            Some(Ending::BrokenOff) => Err(RebuildError::BrokenOff),
            // The handle is gone: nobody could tell it anything any more.
            None if self.control.has_changed().is_err() => Err(RebuildError::BrokenOff),
            None => Ok(()),
        }
    }

    /// Drops what was made, unless another process is at it by now.
    async fn discard(&mut self) -> RebuildPhase {
        match self.discard_candidate().await {
            Ok(()) => RebuildPhase::Cancelled,
            Err(error) => RebuildPhase::Failed(error),
        }
    }

    async fn discard_candidate(&mut self) -> Result<(), RebuildError> {
        let turn = match self.turn.take() {
            Some(turn) => turn,
            None => match self.try_turn().await? {
                Some(turn) => turn,
                None => return Ok(()),
            },
        };
        let editions = editions(&*self.read_models)?;
        let name = self.fold.name();
        let discarded = editions.discard(name, Edition::Candidate).await;
        turn.give_back().await;
        Ok(discarded?)
    }
}

fn editions(read_models: &dyn ReadModels) -> Result<&dyn Editions, RebuildError> {
    read_models.editions().ok_or(RebuildError::OneEditionOnly)
}
