//! The dead letters of an effect: what is parked is performed once more, then its letter goes.

use std::sync::Arc;

use annals_core::{
    DeadLetter, DeadLetters, Effect, EffectError, Failure, Position, ProjectionBatch,
    ProjectionError, RecordedEvent, Released, Releasing, Skipped, Tried, partition_of,
};
use async_trait::async_trait;

use super::EffectProjector;

/// Most events that are performed before it is kept what came of it: so many are done again when the
/// process dies amid a release.
const AT_ONCE: usize = 32;

#[async_trait]
impl<E: Effect> DeadLetters for EffectProjector<E> {
    async fn park(
        &self,
        batch: ProjectionBatch,
        failed: Position,
        failure: Failure,
    ) -> Result<(), ProjectionError> {
        self.take_in(batch, Some((failed, failure))).await
    }

    async fn list(&self, after: Position, limit: u32) -> Result<Vec<DeadLetter>, ProjectionError> {
        self.letters().list(after, limit).await
    }

    async fn parked(&self) -> Result<u64, ProjectionError> {
        self.letters().parked().await
    }

    async fn all_parked(&self) -> Result<Vec<DeadLetter>, ProjectionError> {
        self.letters().all_parked().await
    }

    async fn release(
        &self,
        events: Arc<[RecordedEvent]>,
        tried: Tried,
    ) -> Result<Released, ProjectionError> {
        let _alone = self.releasing.lock().await;
        let mut all = Released::default();
        for events in events.chunks(AT_ONCE) {
            let released = self.release_some(events, &tried).await?;
            all.applied.extend(released.applied);
            all.parked.extend(released.parked);
        }
        Ok(all)
    }

    async fn skip(&self, position: Position, skipped: Skipped) -> Result<bool, ProjectionError> {
        self.letters().skip(position, skipped).await
    }

    async fn redact(&self, positions: &[Position]) -> Result<u64, ProjectionError> {
        self.letters().redact(positions).await
    }
}

impl<E: Effect> EffectProjector<E> {
    /// Where the letters are. Only asked for by those who were told that there are some.
    fn letters(&self) -> &dyn DeadLetters {
        let letters = self.checkpoint.dead_letters();
        letters.expect("without letters, this projector has none either")
    }

    /// Performs parked events in their order. A letter stays until its event is done: so whatever
    /// comes behind it meanwhile is parked as well.
    async fn release_some(
        &self,
        events: &[RecordedEvent],
        tried: &Tried,
    ) -> Result<Released, ProjectionError> {
        let letters = self.letters().all_parked().await?;
        let releasing = Releasing::new(letters, events, tried.clone());
        let mut parking = releasing.parking();
        self.outcomes.begin_anew();
        for event in releasing.events() {
            let keys = || vec![partition_of::<E>(event)];
            if parking.stays_parked(event, keys) {
                continue;
            }
            let answer = self.performer.perform(event).await;
            if let Err(error) = &answer {
                parking.take_failure(event, keys, failed_at(event.position, error))?;
            }
            self.outcomes.note(event.position, answer);
        }
        let events = releasing.events().into();
        self.letters().release(events, tried.clone()).await
    }
}

/// Also what may pass: it stays parked, and can be tried again.
fn failed_at(position: Position, error: &EffectError) -> ProjectionError {
    ProjectionError::at(position, error.clone())
}
