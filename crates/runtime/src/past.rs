//! A read model as it was: folded anew up to a position, into a place of its own.
//!
//! In reading order: `progress` is what others see of it; `moment` finds the position of a time;
//! `folding` takes the events in; here is the order of it all.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use annals_core::{
    Clock, EventStore, IdSource, Position, RandomIds, ReadModel, ReadModels, SystemClock, Table,
    TableFold, Timestamp,
};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::AbortHandle;

use crate::backoff::Backoff;
use folding::Folding;

use progress::Report;
pub use progress::{PastError, PastPhase, PastProgress};

mod folding;
mod moment;
mod progress;

/// Which events a read model of the past is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// All up to this position, inclusive.
    Position(Position),
    /// All up to the last one that was recorded by then, inclusive.
    ///
    /// That is an event recorded by then, of which the next one was not. Where the clock of the store
    /// was put back there may be several of those, and it is one of them.
    Time(Timestamp),
}

/// Whose past.
#[derive(Clone)]
pub struct PastSubject {
    /// The store of the events.
    pub store: Arc<dyn EventStore>,
    /// Where the read model is kept: beside it the scratch place is made.
    pub read_models: Arc<dyn ReadModels>,
    /// How it is made of events, by the code of today.
    pub fold: TableFold,
}

/// How a read model of the past is folded. The defaults are for production.
#[derive(Clone)]
pub struct PastOptions {
    /// Most events in one batch, hence in one transaction.
    pub max_batch: NonZeroUsize,
    /// Most events in a second; none is as many as there can be.
    pub throttle: Option<NonZeroU32>,
    /// How long to wait when a database or the store is unavailable.
    pub backoff: Backoff,
    /// Tells how long it takes.
    pub clock: Arc<dyn Clock>,
    /// Makes the waits differ.
    pub ids: Arc<dyn IdSource>,
}

impl Default for PastOptions {
    fn default() -> Self {
        Self {
            max_batch: NonZeroUsize::new(10_000).expect("10,000 is not zero"),
            throttle: None,
            backoff: Backoff {
                first: Duration::from_millis(50),
                most: Duration::from_secs(5),
            },
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
        }
    }
}

/// A read model as it was, to be queried like the one of today. The place it is in is gone with the
/// last clone and the last [`table`](Self::table) of it.
#[derive(Clone)]
pub struct Past {
    read_models: Arc<dyn ReadModels>,
    position: Position,
    parked: u64,
    _turn: Option<Turn>,
}

/// One of a bounded number of places.
pub(crate) type Turn = Arc<OwnedSemaphorePermit>;

impl Past {
    /// The rows of one of its tables.
    pub fn table<R: ReadModel>(&self) -> Table<R> {
        Table::of(&self.read_models)
    }

    /// Where its tables are.
    pub fn read_models(&self) -> &Arc<dyn ReadModels> {
        &self.read_models
    }

    /// The position it is as of.
    pub fn position(&self) -> Position {
        self.position
    }

    /// How many events it lacks because they cannot be applied, or wait for one that cannot.
    pub fn parked(&self) -> u64 {
        self.parked
    }
}

/// Begins to make a read model as it was, in a task of its own. The read model of today is neither
/// read nor written for it.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn past(subject: PastSubject, as_of: AsOf, options: PastOptions) -> PastHandle {
    begin(subject, as_of, options, None)
}

pub(crate) fn begin(
    subject: PastSubject,
    as_of: AsOf,
    options: PastOptions,
    turn: Option<Turn>,
) -> PastHandle {
    let (report, progress) = Report::new(subject.fold.name(), Arc::clone(&options.clock));
    let place = Arc::new(OnceLock::new());
    let making = Making {
        subject,
        as_of,
        options,
        turn,
        handed_to: Arc::downgrade(&place),
        report,
    };
    let task = tokio::spawn(making.run()).abort_handle();
    PastHandle {
        progress,
        place,
        task,
    }
}

/// One that is being made.
struct Making {
    subject: PastSubject,
    as_of: AsOf,
    options: PastOptions,
    turn: Option<Turn>,
    handed_to: Weak<OnceLock<Past>>,
    // Last, so that it is dropped last: whoever waits for its end may then open the store anew.
    report: Report,
}

impl Making {
    async fn run(self) {
        let made = tokio::select! {
            made = self.make() => made,
            () = self.report.nobody_listens() => return,
        };
        self.report
            .phase(match made.map(|past| self.hand_over(past)) {
                Ok(()) => PastPhase::Complete,
                Err(error) => PastPhase::Failed(error),
            });
    }

    async fn make(&self) -> Result<Past, PastError> {
        let PastSubject {
            store,
            read_models,
            fold,
        } = &self.subject;
        let up_to = position_of(&**store, self.as_of).await?;
        self.report.begins(up_to);
        let read_models = read_models.scratch().await?;
        let projector = read_models.projector(fold.clone()).await?;
        let folding = Folding {
            store: &**store,
            projector: &*projector,
            options: &self.options,
            report: &self.report,
        };
        folding.up_to(up_to).await?;
        let parked = match projector.dead_letters() {
            Some(letters) => letters.parked().await?,
            None => 0,
        };
        Ok(Past {
            read_models,
            position: up_to,
            parked,
            _turn: self.turn.clone(),
        })
    }

    /// Leaves it to the handle alone, so that it is gone with that.
    fn hand_over(&self, past: Past) {
        if let Some(place) = self.handed_to.upgrade() {
            place.set(past).expect("it is made once");
        }
    }
}

async fn position_of(store: &dyn EventStore, as_of: AsOf) -> Result<Position, PastError> {
    let head = store.head().await?;
    match as_of {
        AsOf::Position(position) if position > head => {
            Err(PastError::NotRecorded { position, head })
        }
        AsOf::Position(position) => Ok(position),
        AsOf::Time(time) => Ok(moment::last_recorded_by(store, head, time).await?),
    }
}

/// A read model of the past that is being made, or is there. Dropping it gives it up.
#[derive(Debug)]
#[must_use = "dropping the handle gives it up"]
pub struct PastHandle {
    progress: watch::Receiver<PastProgress>,
    place: Arc<OnceLock<Past>>,
    task: AbortHandle,
}

impl PastHandle {
    /// How far it is.
    pub fn progress(&self) -> PastProgress {
        self.progress.borrow().clone()
    }

    /// The read model, once it is complete.
    pub fn past(&self) -> Option<Past> {
        self.place.get().cloned()
    }

    /// Waits until it is complete.
    ///
    /// # Errors
    /// [`PastError`]: there is none.
    pub async fn complete(&self) -> Result<Past, PastError> {
        let mut progress = self.progress.clone();
        let ended = progress.wait_for(|now| now.phase.is_over()).await;
        let ended = ended.map_err(|_| PastError::BrokenOff)?;
        match &ended.phase {
            PastPhase::Failed(error) => Err(error.clone()),
            _ => Ok(self.past().expect("what is complete was handed over")),
        }
    }

    /// Breaks it off if it is still being made. Then the store is let go of.
    pub(crate) async fn stop(&self) {
        self.task.abort();
        let mut progress = self.progress.clone();
        while progress.changed().await.is_ok() {}
    }
}

impl std::fmt::Debug for Past {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Past")
            .field("position", &self.position)
            .field("parked", &self.parked)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PastSubject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PastSubject").field(&self.fold).finish()
    }
}

impl std::fmt::Debug for PastOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PastOptions")
            .field("max_batch", &self.max_batch)
            .field("throttle", &self.throttle)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}
