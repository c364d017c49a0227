//! What others see of a rebuild.

use std::sync::{Arc, Weak};
use std::time::Duration;

use annals_core::{
    Clock, EditionState, LeaseError, Position, ProjectionError, QueryError, ReadError, Timestamp,
};
use tokio::sync::watch;

use super::catch_up::Step;
use super::comparison::Comparison;
use crate::era::{Era, Eras};
use crate::metrics::RebuildMeter;
use crate::refold::RefoldError;

/// How far a rebuild is.
#[derive(Debug, Clone)]
pub struct RebuildProgress {
    /// What it is doing.
    pub phase: RebuildPhase,
    /// True while it stands still because it was told to.
    pub is_paused: bool,
    /// Up to where the candidate was complete when it was begun, or begun again.
    pub began_at: Position,
    /// Up to where the candidate is complete.
    pub position: Position,
    /// Where the store ends, as far as is known.
    pub head: Position,
    /// How many events were folded since it was begun, or begun again.
    pub events: u64,
    /// How long it took to fold them: no pause counts, nor what it waited for.
    pub elapsed: Duration,
}

/// What a rebuild is doing.
#[derive(Debug, Clone)]
pub enum RebuildPhase {
    /// Another process rebuilds it, whose progress this is; it is over when that is, and takes over
    /// if that ends before.
    Elsewhere,
    /// It folds events into the candidate.
    CatchingUp,
    /// It holds the candidate against the current edition.
    Comparing,
    /// It has, and waits for permission to cut over if there are differences. `None`: the current
    /// edition is of another declaration, whose rows are meant to differ.
    Compared(Option<Comparison>),
    /// Over: readers see what was rebuilt, complete up to this position.
    CutOver(Position),
    /// Over: it was given up, and what was made is dropped, unless another process is at it, which
    /// goes on.
    Cancelled,
    /// Over: something went wrong. The candidate stays, and can be gone on with.
    Failed(RebuildError),
}

/// Why a rebuild is over.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// Events could not be read.
    /// **Do:** what [`ReadError`] says, then begin it again.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The candidate could not be written.
    /// **Do:** what [`ProjectionError`] says, then begin it again.
    #[error(transparent)]
    ReadModel(#[from] ProjectionError),
    /// An event cannot be applied, and is not parked in the current edition either.
    /// **Do:** mend the code, then begin it again: it goes on with the event.
    #[error("event at position {position} cannot be applied: {error}")]
    EventFails {
        /// Which event.
        position: Position,
        /// What happened.
        error: String,
    },
    /// The editions could not be read or exchanged.
    /// **Do:** what [`QueryError`] says, then begin it again.
    #[error(transparent)]
    Editions(#[from] QueryError),
    /// Rows of the candidate could not be folded again.
    /// **Do:** what [`RefoldError`] says, then begin it again.
    #[error(transparent)]
    Rows(#[from] RefoldError),
    /// The database keeps one edition of a read model only.
    /// **Do:** raise the projection's revision: it is made again in place.
    #[error("the read models' database keeps one edition only")]
    OneEditionOnly,
    /// There is no current edition.
    /// **Do:** start the projection, which makes it.
    #[error("there is no current edition to replace")]
    NothingToReplace,
    /// There is no previous edition.
    /// **Do:** nothing; it was dropped, or there was none yet.
    #[error("there is no previous edition to go back to")]
    NothingToGoBackTo,
    /// The current edition is behind the candidate, and does not move.
    /// **Do:** start its projection, or accept the candidate without a comparison.
    #[error("the current edition stands still behind the candidate")]
    CurrentStandsStill,
    /// Editions could not be exchanged, because others read or write them all the time, or because
    /// the one to be read stays behind.
    /// **Do:** try again when there is less to do.
    #[error("the editions were never free to be exchanged")]
    NeverFree,
    /// It could not be found out whose turn it is.
    /// **Do:** what [`LeaseError`] says, then begin it again.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// Another process may rebuild it by now.
    /// **Do:** begin it again: it waits for its turn.
    #[error("the lease was lost")]
    LeaseLost,
    /// Somebody else rebuilds the same read model.
    /// **Do:** leave it to one of both.
    #[error("another rebuild of the same read model is under way")]
    NotAlone,
    /// It was told to give up.
    /// **Do:** nothing.
    #[error("cancelled")]
    Cancelled,
    /// Its handle was dropped, or the service stopped.
    /// **Do:** begin it again: it goes on where it was.
    #[error("broken off")]
    BrokenOff,
}

/// What a rebuild was told.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Control {
    pub(super) paused: bool,
    pub(super) accepted: bool,
    pub(super) ending: Option<Ending>,
}

/// How a rebuild is to end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// What was made is dropped.
    Cancelled,
    /// What was made stays, and can be gone on with.
    BrokenOff,
}

impl RebuildProgress {
    /// Events folded in a second, on average.
    pub fn rate(&self) -> f64 {
        match self.elapsed.is_zero() {
            true => 0.0,
            false => self.events as f64 / self.elapsed.as_secs_f64(),
        }
    }

    /// How long it will take to reach the end of the store, if it goes on as it did. `None`: nothing
    /// was done yet.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.head.0.saturating_sub(self.position.0);
        let done = self.position.0.saturating_sub(self.began_at.0);
        (done > 0).then(|| self.elapsed.mul_f64(left as f64 / done as f64))
    }
}

impl RebuildError {
    /// True if the same may succeed later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Store(ReadError::Unavailable { .. })
                | Self::ReadModel(ProjectionError::Unavailable(_) | ProjectionError::Moved { .. })
                | Self::Editions(QueryError::Unavailable { .. })
                | Self::Lease(LeaseError::Unavailable(_))
                | Self::LeaseLost
                | Self::NeverFree
                | Self::Rows(
                    RefoldError::Store(ReadError::Unavailable { .. })
                        | RefoldError::Rows(QueryError::Unavailable { .. })
                )
        )
    }
}

impl RebuildPhase {
    /// What the phases are called.
    pub(crate) const NAMES: [&str; 7] = [
        "elsewhere",
        "catching up",
        "comparing",
        "compared",
        "cut over",
        "cancelled",
        "failed",
    ];

    /// What it is called: `elsewhere`, `catching up`, `comparing`, `compared`, and over: `cut over`, `cancelled`
    /// or `failed`.
    pub fn name(&self) -> &'static str {
        let number = match self {
            Self::Elsewhere => 0,
            Self::CatchingUp => 1,
            Self::Comparing => 2,
            Self::Compared(_) => 3,
            Self::CutOver(_) => 4,
            Self::Cancelled => 5,
            Self::Failed(_) => 6,
        };
        Self::NAMES[number]
    }

    /// Keeps how much differs, and no row.
    fn let_go_of_values(&mut self) {
        if let Self::Compared(Some(comparison)) = self {
            comparison.let_go_of_values();
        }
    }

    /// True if it will not go on by itself.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::CutOver(_) | Self::Cancelled | Self::Failed(_))
    }
}

/// The rebuild's end of its progress.
pub(super) struct Report {
    projection: &'static str,
    clock: Arc<dyn Clock>,
    /// Up to when the time that it takes is counted.
    counted_up_to: Timestamp,
    progress: Arc<watch::Sender<RebuildProgress>>,
    eras: Arc<Eras>,
    meter: RebuildMeter,
}

impl Report {
    pub(super) fn new(
        projection: &'static str,
        clock: Arc<dyn Clock>,
    ) -> (Self, watch::Receiver<RebuildProgress>) {
        let (progress, seen) = watch::channel(RebuildProgress {
            phase: RebuildPhase::CatchingUp,
            is_paused: false,
            began_at: Position::START,
            position: Position::START,
            head: Position::START,
            events: 0,
            elapsed: Duration::ZERO,
        });
        let report = Self {
            projection,
            counted_up_to: clock.now(),
            clock,
            progress: Arc::new(progress),
            eras: Arc::default(),
            meter: RebuildMeter::new(projection),
        };
        (report, seen)
    }

    pub(super) fn phase(&self, phase: RebuildPhase) {
        match &phase {
            RebuildPhase::Elsewhere | RebuildPhase::CatchingUp | RebuildPhase::Comparing => {}
            RebuildPhase::Failed(error) => {
                tracing::error!(projection = self.projection, %error, "rebuild failed");
            }
            // Not what differs: logs are kept by others.
            other => tracing::info!(
                projection = self.projection,
                phase = other.name(),
                "rebuild"
            ),
        }
        self.tell(|progress| progress.phase = phase);
    }

    /// What a comparison that was begun in an era has found.
    pub(super) fn compared(&self, comparison: Option<Comparison>, era: Era) {
        let found = comparison.as_ref().map(Comparison::to_string);
        tracing::info!(projection = self.projection, found, "rebuild compared");
        self.tell(|progress| {
            progress.phase = RebuildPhase::Compared(comparison);
            if self.eras.now() != era {
                progress.phase.let_go_of_values();
            }
        });
    }

    /// What lets go of the rows that were compared.
    pub(super) fn forgetting(&self) -> Forgetting {
        Forgetting {
            progress: Arc::downgrade(&self.progress),
            eras: Arc::clone(&self.eras),
        }
    }

    pub(super) fn era(&self) -> Era {
        self.eras.now()
    }

    /// Another process is at it, so far.
    pub(super) fn elsewhere(&self, candidate: Option<&EditionState>, head: Position) {
        self.tell(|progress| {
            progress.phase = RebuildPhase::Elsewhere;
            progress.position = candidate.map_or(Position::START, |state| state.position);
            progress.head = head;
        });
    }

    pub(super) fn resumed(&self, position: Position) {
        self.tell(|progress| {
            // What was done before a failure counts.
            if progress.events == 0 {
                progress.began_at = position;
            }
            progress.position = position;
        });
    }

    pub(super) fn position(&self) -> Position {
        self.progress.borrow().position
    }

    /// From now on the time that it takes counts.
    pub(super) fn sets_out(&mut self) {
        self.counted_up_to = self.clock.now();
    }

    pub(super) fn step(&mut self, step: &Step) {
        let since = std::mem::replace(&mut self.counted_up_to, self.clock.now());
        let elapsed = self.counted_up_to.duration_since(since);
        let elapsed = Duration::try_from(elapsed).unwrap_or_default();
        self.tell(|progress| {
            progress.position = step.position;
            progress.head = step.head;
            progress.events += step.events;
            progress.elapsed += elapsed;
        });
        self.meter.events(step.events);
    }

    /// Tells whoever looks, and measures.
    fn tell(&self, change: impl FnOnce(&mut RebuildProgress)) {
        self.progress.send_modify(change);
        self.meter.progress(&self.progress.borrow());
    }

    pub(super) fn paused(&mut self, is_paused: bool) {
        let changes = self.progress.send_if_modified(|progress| {
            let changes = progress.is_paused != is_paused;
            progress.is_paused = is_paused;
            changes
        });
        if changes {
            self.sets_out();
        }
    }
}

/// Lets go of the rows that a rebuild has compared, while it is under way.
#[derive(Debug)]
pub(super) struct Forgetting {
    /// Gone once the rebuild is over.
    progress: Weak<watch::Sender<RebuildProgress>>,
    eras: Arc<Eras>,
}

impl Forgetting {
    pub(super) fn forget(&self) {
        self.eras.end();
        let Some(progress) = self.progress.upgrade() else {
            return;
        };
        progress.send_modify(|progress| progress.phase.let_go_of_values());
    }
}

#[cfg(test)]
mod tests;
