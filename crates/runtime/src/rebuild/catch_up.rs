//! Folding a candidate from the events, in large batches: one is read while another is written.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    EventStore, Position, ProjectionBatch, ProjectionError, Projector, Read, ReadError,
    RecordedEvent, Source,
};

use super::RebuildOptions;
use super::progress::RebuildError;
use crate::backoff::wait;

/// How often in a row something is tried that is unavailable.
const ATTEMPTS: u32 = 10;

/// A candidate on its way to the end of the store.
pub(super) struct CatchUp {
    store: Arc<dyn EventStore>,
    candidate: Arc<dyn Projector>,
    options: RebuildOptions,
    position: Position,
    /// What was read ahead, on the way to where.
    next: Option<(Position, Batch)>,
}

/// One batch that was folded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Up to where the candidate is complete.
    pub(super) position: Position,
    /// Where the store ended when it was read.
    pub(super) head: Position,
    /// How many events it was.
    pub(super) events: u64,
    /// True if that is where it was to go.
    pub(super) is_last: bool,
}

/// Events to be folded.
struct Batch {
    events: Arc<[RecordedEvent]>,
    up_to: Position,
    head: Position,
    is_last: bool,
}

impl CatchUp {
    /// Goes on where the candidate is.
    pub(super) async fn resume(
        store: &Arc<dyn EventStore>,
        candidate: Arc<dyn Projector>,
        options: &RebuildOptions,
    ) -> Result<Self, RebuildError> {
        let position = candidate.resume(store.id()).await?;
        Ok(Self {
            store: Arc::clone(store),
            candidate,
            options: options.clone(),
            position,
            next: None,
        })
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Folds one batch, on the way to a position.
    pub(super) async fn step(&mut self, up_to: Position) -> Result<Step, RebuildError> {
        let mut attempt = 0;
        loop {
            let error = match self.try_step(up_to).await {
                Ok(step) => {
                    self.throttle(step.events).await;
                    return Ok(step);
                }
                Err(error) => error,
            };
            attempt += 1;
            if !error.may_pass() || attempt == ATTEMPTS {
                return Err(error);
            }
            tracing::warn!(candidate = self.candidate.name(), %error, attempt, "rebuild tries again");
            self.options
                .backoff
                .pause(attempt, &*self.options.ids)
                .await;
            // A commit whose answer was lost shows in where the checkpoint is.
            self.next = None;
            self.position = self.candidate.resume(self.store.id()).await?;
        }
    }

    async fn try_step(&mut self, up_to: Position) -> Result<Step, RebuildError> {
        let batch = match self.next.take() {
            // What was read to go elsewhere may go too far.
            Some((to, batch)) if to == up_to => batch,
            _ => self.read(self.position, up_to).await?,
        };
        let step = Step {
            position: batch.up_to,
            head: batch.head,
            events: batch.events.len() as u64,
            is_last: batch.is_last,
        };
        let (_, next) = tokio::try_join!(self.apply(&batch), self.read_ahead(&batch, up_to))?;
        self.next = next.map(|batch| (up_to, batch));
        self.position = batch.up_to;
        Ok(step)
    }

    async fn apply(&self, batch: &Batch) -> Result<(), RebuildError> {
        if batch.up_to == self.position {
            return Ok(());
        }
        let applied = self.candidate.apply(ProjectionBatch {
            after: self.position,
            up_to: batch.up_to,
            events: Arc::clone(&batch.events),
        });
        Ok(applied.await?)
    }

    async fn read_ahead(
        &self,
        batch: &Batch,
        up_to: Position,
    ) -> Result<Option<Batch>, RebuildError> {
        match batch.is_last {
            true => Ok(None),
            false => Ok(Some(self.read(batch.up_to, up_to).await?)),
        }
    }

    async fn read(&self, after: Position, up_to: Position) -> Result<Batch, ReadError> {
        let most = self.options.max_batch.get();
        let source = Source::query_after(self.candidate.query(), after);
        let read = Read::forwards(source).limit(most as u64);
        let mut stream = self.store.read(read).await?;
        let head = stream.head();
        let end = up_to.min(head).max(after);
        let mut events = Vec::new();
        while let Some(event) = stream.try_next().await? {
            if event.position > end {
                break;
            }
            events.push(event);
        }
        let is_full = events.len() == most;
        let last = events.last().filter(|_| is_full);
        Ok(Batch {
            up_to: last.map_or(end, |last| last.position),
            is_last: !is_full,
            events: events.into(),
            head,
        })
    }

    /// Waits as long as so many events may take.
    async fn throttle(&self, events: u64) {
        if let Some(most) = self.options.throttle {
            let whole = Duration::from_secs(1) / most.get();
            let events = u32::try_from(events).unwrap_or(u32::MAX);
            wait(whole.saturating_mul(events)).await;
        }
    }
}

impl RebuildError {
    /// True if the same may succeed later.
    fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Store(ReadError::Unavailable { .. })
                | Self::ReadModel(ProjectionError::Unavailable(_) | ProjectionError::Moved { .. })
        )
    }
}
