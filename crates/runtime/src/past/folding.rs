//! Taking events in up to a position, in large batches.

use std::time::Duration;

use annals_core::{
    EventStore, Failure, Position, ProjectionBatch, ProjectionError, Projector, Read,
    RecordedEvent, Source, Tried,
};

use super::PastOptions;
use super::progress::{PastError, Report};
use crate::backoff::wait;

/// How often in a row it begins again without getting anywhere.
const ATTEMPTS: u32 = 10;

/// A read model that is being folded.
pub(super) struct Folding<'a> {
    pub(super) store: &'a dyn EventStore,
    pub(super) projector: &'a dyn Projector,
    pub(super) options: &'a PastOptions,
    pub(super) report: &'a Report,
}

impl Folding<'_> {
    /// Folds up to a position. After what may pass it goes on where it was.
    pub(super) async fn up_to(&self, position: Position) -> Result<(), PastError> {
        let (mut reached, mut attempt) = (Position::START, 0);
        loop {
            let error = match self.all_up_to(position).await {
                Err(error) if error.may_pass() => error,
                done => return done,
            };
            let now = self.report.position();
            attempt = if now > reached { 1 } else { attempt + 1 };
            reached = now;
            if attempt == ATTEMPTS {
                return Err(error);
            }
            let backoff = &self.options.backoff;
            backoff.pause(attempt, &*self.options.ids).await;
        }
    }

    async fn all_up_to(&self, end: Position) -> Result<(), PastError> {
        let mut position = self.projector.resume(self.store.id()).await?;
        while position < end {
            let batch = self.read(position, end).await?;
            let events = batch.events.len() as u64;
            position = batch.up_to;
            self.take_in(batch).await?;
            self.report.took_in(position, events);
            self.throttle(events).await;
        }
        Ok(())
    }

    async fn read(&self, after: Position, end: Position) -> Result<ProjectionBatch, PastError> {
        let most = self.most();
        let source = Source::query_after(self.projector.query(), after);
        let read = Read::forwards(source).limit(most as u64);
        let mut stream = self.store.read(read).await?;
        let mut events = Vec::new();
        while let Some(event) = stream.try_next().await? {
            if event.position > end {
                break;
            }
            events.push(event);
        }
        let last = events.last().filter(|_| events.len() == most);
        Ok(ProjectionBatch {
            after,
            up_to: last.map_or(end, |last| last.position),
            events: events.into(),
        })
    }

    /// Applies a batch; what cannot be applied is parked, and later events of its key with it.
    async fn take_in(&self, mut batch: ProjectionBatch) -> Result<(), PastError> {
        loop {
            let applied = self.projector.apply(batch.clone()).await;
            let Err(ProjectionError::Event { position, cause }) = applied else {
                return Ok(applied?);
            };
            let (before, failed, behind) = around(&batch, position);
            if before.up_to > before.after {
                self.projector.apply(before).await?;
            }
            let Some(letters) = self.projector.dead_letters() else {
                return Err(ProjectionError::Event { position, cause }.into());
            };
            let failure = self.failure(&cause.to_string());
            letters.park(failed, position, failure).await?;
            batch = behind;
        }
    }

    fn failure(&self, error: &str) -> Failure {
        Failure {
            error: error.to_owned(),
            tried: Tried {
                attempts: 1,
                code_version: String::new(),
                at: self.options.clock.now(),
            },
        }
    }

    /// No more than a second's worth, so that its progress shows.
    fn most(&self) -> usize {
        let most = self.options.max_batch.get();
        let in_a_second = self.options.throttle.map(|events| events.get() as usize);
        in_a_second.map_or(most, |events| most.min(events))
    }

    /// Waits as long as so many events may take.
    async fn throttle(&self, events: u64) {
        if let Some(most) = self.options.throttle {
            let each = Duration::from_secs(1) / most.get();
            let events = u32::try_from(events).unwrap_or(u32::MAX);
            wait(each.saturating_mul(events)).await;
        }
    }
}

/// What is before one event of a batch, that event, and what is behind it.
fn around(
    batch: &ProjectionBatch,
    position: Position,
) -> (ProjectionBatch, ProjectionBatch, ProjectionBatch) {
    let part = |after: Position, up_to: Position| {
        let within = |event: &&RecordedEvent| after < event.position && event.position <= up_to;
        ProjectionBatch {
            after,
            up_to,
            events: batch.events.iter().filter(within).cloned().collect(),
        }
    };
    let before = Position(position.0 - 1);
    (
        part(batch.after, before),
        part(before, position),
        part(position, batch.up_to),
    )
}
