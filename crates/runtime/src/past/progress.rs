//! What others see of a read model of the past that is being made.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{Clock, Position, ProjectionError, QueryError, ReadError, Timestamp};
use tokio::sync::watch;

/// How far a read model of the past is.
#[derive(Debug, Clone)]
pub struct PastProgress {
    /// What becomes of it.
    pub phase: PastPhase,
    /// Up to where it is folded.
    pub position: Position,
    /// Up to where it is to be folded; before the first event until that is known.
    pub up_to: Position,
    /// How many events were taken in.
    pub events: u64,
    /// How long that took.
    pub elapsed: Duration,
}

/// What becomes of a read model of the past.
#[derive(Debug, Clone)]
pub enum PastPhase {
    /// It is being folded.
    Folding,
    /// It can be queried.
    Complete,
    /// Over: something went wrong, and what was made is dropped.
    Failed(PastError),
}

/// Why there is no read model as of then.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PastError {
    /// It is not the past yet.
    /// **Do:** ask for a position up to the head.
    #[error("nothing is recorded at position {position} yet: the store ends at {head}")]
    NotRecorded {
        /// Which position.
        position: Position,
        /// Where the store ends.
        head: Position,
    },
    /// There are as many as there may be at once.
    /// **Do:** drop one, then ask again.
    #[error("there are {most} read models of the past already")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// There is no read model of that name, or it is not made of typed tables.
    /// **Do:** fix the name.
    #[error("there is no read model {0} of typed tables")]
    Unknown(String),
    /// Events could not be read.
    /// **Do:** what [`ReadError`] says, then ask again.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// It could not be written.
    /// **Do:** what [`ProjectionError`] says, then ask again.
    #[error(transparent)]
    ReadModel(#[from] ProjectionError),
    /// There is no place for it.
    /// **Do:** what [`QueryError`] says, then ask again.
    #[error("no scratch place: {0}")]
    Place(#[from] QueryError),
    /// The runtime it was made on is gone.
    /// **Do:** ask again.
    #[error("broken off")]
    BrokenOff,
}

impl PastProgress {
    /// Events taken in per second, on average.
    pub fn rate(&self) -> f64 {
        match self.elapsed.is_zero() {
            true => 0.0,
            false => self.events as f64 / self.elapsed.as_secs_f64(),
        }
    }
}

impl PastPhase {
    /// True if it will not go on.
    pub fn is_over(&self) -> bool {
        !matches!(self, Self::Folding)
    }
}

impl PastError {
    /// True if the same may succeed later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Store(ReadError::Unavailable { .. })
                | Self::ReadModel(ProjectionError::Unavailable(_) | ProjectionError::Moved { .. })
        )
    }
}

/// The maker's end of the progress.
pub(super) struct Report {
    projection: &'static str,
    clock: Arc<dyn Clock>,
    began_at: Timestamp,
    progress: watch::Sender<PastProgress>,
}

impl Report {
    pub(super) fn new(
        projection: &'static str,
        clock: Arc<dyn Clock>,
    ) -> (Self, watch::Receiver<PastProgress>) {
        let (progress, seen) = watch::channel(PastProgress {
            phase: PastPhase::Folding,
            position: Position::START,
            up_to: Position::START,
            events: 0,
            elapsed: Duration::ZERO,
        });
        let report = Self {
            projection,
            began_at: clock.now(),
            clock,
            progress,
        };
        (report, seen)
    }

    pub(super) fn begins(&self, up_to: Position) {
        self.progress.send_modify(|progress| progress.up_to = up_to);
    }

    pub(super) fn took_in(&self, position: Position, events: u64) {
        let elapsed = self.clock.now().duration_since(self.began_at);
        let elapsed = Duration::try_from(elapsed).unwrap_or_default();
        self.progress.send_modify(|progress| {
            progress.position = position;
            progress.events += events;
            progress.elapsed = elapsed;
        });
    }

    pub(super) fn position(&self) -> Position {
        self.progress.borrow().position
    }

    pub(super) fn phase(&self, phase: PastPhase) {
        let projection = self.projection;
        match &phase {
            PastPhase::Failed(error) => {
                tracing::warn!(projection, %error, "no read model of the past");
            }
            phase => tracing::info!(projection, ?phase, "read model of the past"),
        }
        self.progress.send_modify(|progress| progress.phase = phase);
    }

    /// Waits until every handle is dropped.
    pub(super) async fn nobody_listens(&self) {
        self.progress.closed().await;
    }
}
