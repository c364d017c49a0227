//! Taking events in up to a position, in large batches.

use annals_core::{
    EventStore, Failure, Position, ProjectionBatch, ProjectionError, Projector, RecordedEvent,
    Tried,
};

use super::PastOptions;
use super::progress::{PastError, Report};
use crate::batches::Batches;

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
        let batches = Batches {
            max_batch: self.options.max_batch,
            throttle: self.options.throttle,
        };
        let mut position = self.projector.resume(self.store.id()).await?;
        while position < end {
            let query = self.projector.query();
            let batch = batches.read(self.store, query, (position, end)).await?;
            let events = batch.events.len() as u64;
            self.take_in(ProjectionBatch {
                after: position,
                up_to: batch.up_to,
                events: batch.events,
            })
            .await?;
            position = batch.up_to;
            self.report.took_in(position, events);
            batches.throttle(events).await;
        }
        Ok(())
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
