//! Effects that run: each as a projection whose read model is the outside world.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use annals_core::{
    Cause, Effect, EffectError, EffectKey, EventStore, Position, ProjectionBatch, ProjectionError,
    Projector, Query, RecordedEvent, StoreId, decode,
};
use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use crate::projection::RunError;
use crate::spans;
use checkpoint::BegunCheckpoint;

mod checkpoint;

/// Most streams whose events are performed at the same time.
const STREAMS_AT_ONCE: usize = 8;

/// Performs an effect for each event, and moves its checkpoint over those that were acknowledged.
///
/// It is driven by [`run_projection`](crate::run_projection) as read models are, best
/// [with small batches](crate::RunnerOptions::for_effects), and differs from them in this: what it
/// does and its checkpoint do not commit together. What was done when a process dies is done again
/// under the same [`EffectKey`].
///
/// When one event fails, no other is begun, nor when a batch has taken as long as one event may: so
/// a stop is soon over, and no lease is lost to a slow outside. The checkpoint still moves up to the
/// first that is not done, and what is done behind that is remembered, so that a retry repeats none
/// of it.
pub struct EffectProjector<E> {
    effect: E,
    store: StoreId,
    checkpoint: BegunCheckpoint,
    /// What was acknowledged ahead of the checkpoint: of one batch at most.
    done: Mutex<BTreeSet<Position>>,
}

impl<E: Effect> EffectProjector<E> {
    /// Binds an effect to where its checkpoint is kept: a projector of
    /// [`TableFold::without_tables`](annals_core::TableFold::without_tables) under its name. One
    /// that is new begins where it [says](Effect::START); what is recorded once this has returned
    /// is performed in any case.
    ///
    /// # Errors
    /// [`RunError`] when the store or the checkpoint does not answer.
    pub async fn begin(
        effect: E,
        store: &dyn EventStore,
        checkpoint: Arc<dyn Projector>,
    ) -> Result<Self, RunError> {
        Ok(Self {
            effect,
            store: store.id(),
            checkpoint: BegunCheckpoint::begin(checkpoint, store, E::START).await?,
            done: Mutex::default(),
        })
    }

    /// Nothing is done for a batch that is another process's by now.
    async fn check_turn(&self, batch: &ProjectionBatch) -> Result<(), ProjectionError> {
        let (expected, actual) = (batch.after, self.position(self.store).await?);
        match expected == actual {
            true => Ok(()),
            false => Err(ProjectionError::Moved { expected, actual }),
        }
    }

    /// Performs what is not done of a batch. Answers with the failure of the earliest event.
    async fn perform(&self, events: &[RecordedEvent]) -> Result<(), ProjectionError> {
        let turns = Turns::of_batch(E::TIMEOUT);
        let streams = by_stream(events);
        let streams = streams
            .iter()
            .map(|stream| self.perform_in_order(stream, &turns));
        let failures = join_all(streams).await.into_iter().filter_map(Result::err);
        let earliest = failures.min_by_key(|failure| failure.at);
        earliest.map_or(Ok(()), |failure| Err(failure.error))
    }

    /// Performs the events of one stream, as long as none fails of any stream.
    async fn perform_in_order(
        &self,
        stream: &[&RecordedEvent],
        turns: &Turns,
    ) -> Result<(), Failure> {
        for event in stream {
            let at = event.position;
            if self.done().contains(&at) {
                continue;
            }
            let Some(_turn) = turns.next().await else {
                break;
            };
            let performed = match turns.is_late() {
                true => Err(ProjectionError::Unavailable(Arc::new(Late { at }))),
                false => {
                    spans::within(spans::effect(E::NAME, event), self.perform_one(event)).await
                }
            };
            performed.map_err(|error| {
                turns.end();
                Failure { at, error }
            })?;
            self.done().insert(at);
        }
        Ok(())
    }

    async fn perform_one(&self, record: &RecordedEvent) -> Result<(), ProjectionError> {
        let position = record.position;
        let event = ProjectionError::catch(position, || decode(record.clone()))?;
        let event = event.map_err(|error| ProjectionError::at(position, error))?;
        let performing = self
            .effect
            .perform(&event, EffectKey::of(E::NAME, record.id));
        let unavailable = |cause: Cause| {
            let cause = Arc::new(NotAcknowledged { position, cause });
            ProjectionError::Unavailable(cause)
        };
        let performing = AssertUnwindSafe(performing).catch_unwind();
        let acknowledged = timeout(E::TIMEOUT, performing).await;
        let acknowledged = acknowledged.map_err(|late| unavailable(Arc::new(late)))?;
        acknowledged
            .map_err(|panic| ProjectionError::panicked_at(position, panic.as_ref()))?
            .map_err(|error| match error {
                EffectError::Event(cause) => ProjectionError::Event { position, cause },
                EffectError::Transient(cause) => unavailable(cause),
                other => unavailable(Arc::new(other)),
            })
    }

    /// Up to where everything of a batch is done.
    fn done_up_to(&self, batch: &ProjectionBatch) -> Position {
        let done = self.done();
        let mut events = batch.events.iter();
        let undone = events.find(|event| !done.contains(&event.position));
        // Whatever is between the events of a batch does not concern it.
        undone.map_or(batch.up_to, |event| Position(event.position.0 - 1))
    }

    fn forget(&self, up_to: Position) {
        self.done().retain(|done| *done > up_to);
    }

    fn done(&self) -> MutexGuard<'_, BTreeSet<Position>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<E: Effect> Projector for EffectProjector<E> {
    fn name(&self) -> &str {
        E::NAME
    }

    fn query(&self) -> Query {
        E::query()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        let position = self.checkpoint.resume(store).await?;
        self.forget(position);
        Ok(position)
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.position(store).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        self.check_turn(&batch).await?;
        let performed = self.perform(&batch.events).await;
        let done = self.done_up_to(&batch);
        if done > batch.after {
            self.checkpoint.advance(batch.after, done).await?;
            self.forget(done);
        }
        performed
    }
}

/// Which events of a batch are begun, and when.
struct Turns {
    places: Semaphore,
    late_from: Instant,
}

impl Turns {
    fn of_batch(limit: Duration) -> Self {
        Self {
            places: Semaphore::new(STREAMS_AT_ONCE),
            late_from: Instant::now() + limit,
        }
    }

    /// Waits for a turn; `None` once there are no more.
    async fn next(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    fn is_late(&self) -> bool {
        Instant::now() >= self.late_from
    }

    fn end(&self) {
        self.places.close();
    }
}

/// An event for which the effect failed.
struct Failure {
    at: Position,
    error: ProjectionError,
}

/// What the outside did not acknowledge.
#[derive(Debug, thiserror::Error)]
#[error("the effect of the event at position {position} was not acknowledged: {cause}")]
struct NotAcknowledged {
    position: Position,
    #[source]
    cause: Cause,
}

/// What was not begun because those before it took so long.
#[derive(Debug, thiserror::Error)]
#[error("the outside is slow: the rest from position {at} goes in smaller batches")]
struct Late {
    at: Position,
}

/// The events of each stream, in order; the stream of the earliest event first.
fn by_stream(events: &[RecordedEvent]) -> Vec<Vec<&RecordedEvent>> {
    let mut streams: Vec<Vec<&RecordedEvent>> = Vec::new();
    let mut places = HashMap::new();
    for event in events {
        let next = streams.len();
        let place = *places.entry(&event.stream).or_insert(next);
        if place == next {
            streams.push(Vec::new());
        }
        streams[place].push(event);
    }
    streams
}
