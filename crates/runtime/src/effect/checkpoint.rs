//! The checkpoint of an effect, which tells whether the effect was ever begun.

use std::sync::Arc;

use annals_core::{
    DeadLetters, EffectStart, EventStore, Failure, Position, ProjectionBatch, ProjectionError,
    Projector, StoreId,
};

use crate::projection::RunError;

/// A checkpoint of an effect that has begun.
///
/// It is kept one ahead of the position it stands for. So one that begins before the first event
/// differs from one that was never begun, which is at 0: an effect that was to begin at the end of an
/// empty store does not skip, after a restart, what it has not done since.
pub(super) struct BegunCheckpoint(Arc<dyn Projector>);

impl BegunCheckpoint {
    /// Begins the checkpoint of a new effect, for good. Of several processes that do, one decides.
    pub(super) async fn begin(
        kept: Arc<dyn Projector>,
        store: &dyn EventStore,
        start: EffectStart,
    ) -> Result<Self, RunError> {
        while kept.position(store.id()).await? == Position::START {
            kept.resume(store.id()).await?;
            let begin_after = match start {
                EffectStart::Beginning => Position::START,
                EffectStart::Now => store.head().await?,
            };
            match kept
                .apply(moving(Position::START, kept_as(begin_after)))
                .await
            {
                // Another process resumed it meanwhile, to begin it as well.
                Err(ProjectionError::Moved { .. }) => {}
                begun => begun?,
            }
        }
        Ok(Self(kept))
    }

    pub(super) async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.0.resume(store).await.map(stands_for)
    }

    pub(super) async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.0.position(store).await.map(stands_for)
    }

    /// Where what cannot be performed is parked, if the database has a place for it.
    pub(super) fn dead_letters(&self) -> Option<&dyn DeadLetters> {
        self.0.dead_letters()
    }

    /// Moves it over a batch. The events in it stay parked: one that failed, and those that wait.
    pub(super) async fn advance(
        &self,
        batch: ProjectionBatch,
        failed: Option<(Position, Failure)>,
    ) -> Result<(), ProjectionError> {
        let kept = ProjectionBatch {
            after: kept_as(batch.after),
            up_to: kept_as(batch.up_to),
            events: batch.events,
        };
        let moved = match (failed, self.dead_letters()) {
            (Some((position, failure)), Some(letters)) => {
                letters.park(kept, position, failure).await
            }
            _ => self.0.apply(kept).await,
        };
        moved.map_err(|error| match error {
            ProjectionError::Moved { expected, actual } => ProjectionError::Moved {
                expected: stands_for(expected),
                actual: stands_for(actual),
            },
            // What it waited for was released meanwhile: it is to be performed.
            ProjectionError::Event { cause, .. } => ProjectionError::Unavailable(cause),
            other => other,
        })
    }
}

fn kept_as(position: Position) -> Position {
    position.next()
}

fn stands_for(kept: Position) -> Position {
    Position(kept.0.saturating_sub(1))
}

fn moving(after: Position, up_to: Position) -> ProjectionBatch {
    ProjectionBatch {
        after,
        up_to,
        events: Arc::default(),
    }
}
