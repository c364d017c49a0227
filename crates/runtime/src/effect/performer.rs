//! Performing an effect for one event.

use std::panic::AssertUnwindSafe;

use annals_core::{Effect, EffectError, EffectKey, ProjectionError, RecordedEvent, decode};
use futures_util::FutureExt;
use tokio::time::timeout;

/// Performs an effect, whatever becomes of it.
pub(super) struct Performer<E>(pub(super) E);

impl<E: Effect> Performer<E> {
    /// Performs it for one event. One that cannot be read is refused for good, and so is one at which
    /// the effect panics; no answer in time is a failure that passes.
    pub(super) async fn perform(&self, record: &RecordedEvent) -> Result<(), EffectError> {
        let position = record.position;
        let events =
            ProjectionError::catch(position, || decode(record.clone())).map_err(refused)?;
        let events = events.map_err(EffectError::event)?;
        let performing = async {
            for event in &events {
                let key = EffectKey::of(E::NAME, record.id).of_part(event.part);
                self.0.perform(event, key).await?;
            }
            Ok(())
        };
        let performing = AssertUnwindSafe(performing).catch_unwind();
        let answer = timeout(E::TIMEOUT, performing).await;
        let answer = answer.map_err(EffectError::transient)?;
        answer.map_err(|panic| refused(ProjectionError::panicked_at(position, panic.as_ref())))?
    }
}

fn refused(error: ProjectionError) -> EffectError {
    match error {
        ProjectionError::Event { cause, .. } => EffectError::Event(cause),
        other => EffectError::event(other),
    }
}
