//! Bringing a projection up to date in transactions of its own, while others append.

use std::sync::Arc;

use annals_core::{Direction, Position, ProjectionBatch, ProjectionError, ReadError, Source};

use super::{InlineProjections, InlineProjector};
use crate::query::Bounds;

#[cfg(test)]
mod tests;

/// How many events are taken in by one transaction at most.
const BATCH: u64 = 1_000;

/// What a projection is to take in next.
struct Next {
    batch: ProjectionBatch,
    /// True if there was no more to take in.
    is_last: bool,
}

impl InlineProjections {
    /// Brings a projection up to the head, once no other is being brought there.
    pub(crate) async fn catch_up(
        &self,
        projector: &dyn InlineProjector,
    ) -> Result<(), ProjectionError> {
        let _turn = self.turn.lock().await;
        self.take_in_all(projector).await
    }

    /// Brings a projection up to the head, while nobody waits for it. While one is being brought
    /// there this does nothing: whoever finds it behind again asks again.
    pub(crate) async fn catch_up_aside(&self, projector: &dyn InlineProjector) {
        let Ok(_turn) = self.turn.try_lock() else {
            return;
        };
        if let Err(error) = self.take_in_all(projector).await {
            let projection = projector.name();
            tracing::error!(projection, %error, "an inline projection cannot catch up");
        }
    }

    /// Takes in fewer events at once when that fails: what takes the database longer than it
    /// allows may go through in parts.
    async fn take_in_all(&self, projector: &dyn InlineProjector) -> Result<(), ProjectionError> {
        let mut most = BATCH;
        while let Some(next) = self.next(projector, most).await? {
            let events = next.batch.events.len() as u64;
            match projector.apply(next.batch).await {
                Ok(()) if next.is_last => return Ok(()),
                Ok(()) => most = BATCH.min(2 * most),
                // Somebody else has moved it on.
                Err(ProjectionError::Moved { expected, actual }) if expected != actual => {}
                Err(ProjectionError::Unavailable(_)) if events > 1 => most = events / 2,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// So many events behind the checkpoint at most; none when it is at the head.
    async fn next(
        &self,
        projector: &dyn InlineProjector,
        most: u64,
    ) -> Result<Option<Next>, ProjectionError> {
        let after = projector.position(self.store).await?;
        let source = Source::query_after(projector.query(), after);
        let page = self.reader.page(Bounds {
            source: &source,
            direction: Direction::Forwards,
            most,
        });
        let page = page.await.map_err(unread)?;
        if page.head < after {
            return Err(ahead(after, page.head));
        }
        if page.head == after {
            return Ok(None);
        }
        let last = page.events.last().filter(|_| !page.is_last);
        let batch = ProjectionBatch {
            after,
            up_to: last.map_or(page.head, |last| last.position),
            events: page.events.into(),
        };
        let is_last = page.is_last;
        Ok(Some(Next { batch, is_last }))
    }
}

fn unread(error: ReadError) -> ProjectionError {
    match error {
        ReadError::Corrupt(corruption) => ProjectionError::at(corruption.position, corruption),
        other => ProjectionError::Unavailable(Arc::new(other)),
    }
}

fn ahead(checkpoint: Position, head: Position) -> ProjectionError {
    let reason = format!("it is at position {checkpoint}, ahead of the store at {head}");
    ProjectionError::Damaged { reason }
}
