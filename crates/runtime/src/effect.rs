//! Effects that run: each as a projection whose read model is the outside world.
//!
//! In reading order: `performer` performs one event; `ahead` remembers what became of events ahead of
//! the checkpoint, `turns` says how many go at once and `partitions` which of them in order;
//! `checkpoint` is where it is kept how far all are done; `releasing` performs what was parked, and
//! `outcomes` tells the database what came of that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use annals_core::{
    DeadLetters, Effect, EventStore, Failure, IdSource, Parking, Position, ProjectionBatch,
    ProjectionError, Projector, Query, RandomIds, RecordedEvent, StoreId, TableFold, partition_of,
};
use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::projection::RunError;
use crate::spans;

use ahead::{Ahead, Patience, Standing};
use checkpoint::BegunCheckpoint;
use outcomes::Outcomes;
use partitions::by_partition;
use performer::Performer;
use releasing::parked_letters;
use turns::Turns;

mod ahead;
mod checkpoint;
mod outcomes;
mod partitions;
mod performer;
mod releasing;
mod turns;

/// An effect that is not bound to its checkpoint yet.
pub struct UnboundEffect<E> {
    effect: E,
    outcomes: Outcomes,
    backoff: Backoff,
    ids: Arc<dyn IdSource>,
}

/// Performs an effect for each event, and moves its checkpoint over those that were acknowledged.
///
/// It is driven by [`run_projection`](crate::run_projection) as read models are, best
/// [with the options for it](crate::RunnerOptions::for_effect), and differs from them in this: what it
/// does and its checkpoint do not commit together. What was done when a process dies is done again
/// under the same [`EffectKey`](annals_core::EffectKey).
///
/// Within a batch, [partitions](Effect::partition) go beside each other, and one that fails holds up
/// no other. The checkpoint moves up to the first event that is not done, and what is done behind that
/// is remembered, so that a retry repeats none of it. Once a batch has taken as long as one event may,
/// no other event is begun: so a stop is soon over, and no lease is lost to a slow outside.
///
/// What the outside refuses for good is parked as a dead letter, and later events of its partition
/// behind it, where the checkpoint has a place for them.
pub struct EffectProjector<E> {
    performer: Performer<E>,
    store: StoreId,
    checkpoint: BegunCheckpoint,
    ahead: Mutex<Ahead>,
    outcomes: Outcomes,
    /// Held by whoever releases parked events, so that two do not perform the same ones.
    releasing: AsyncMutex<()>,
}

impl<E: Effect> UnboundEffect<E> {
    /// Of an effect.
    pub fn of(effect: E) -> Self {
        Self {
            effect,
            outcomes: Outcomes::default(),
            backoff: Backoff {
                first: Duration::from_millis(100),
                most: Duration::from_secs(60),
            },
            ids: Arc::new(RandomIds),
        }
    }

    /// Waits so long before an event is performed again.
    #[must_use]
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// What its checkpoint and its dead letters are kept by, in a database of read models.
    pub fn fold(&self) -> TableFold {
        let outcomes = self.outcomes.clone();
        TableFold::of_effect::<E>(move |position| outcomes.of(position))
    }

    /// Binds it to what a database made of its [`fold`](Self::fold). One that is new begins where it
    /// [says](Effect::START); what is recorded once this has returned is performed in any case.
    ///
    /// # Errors
    /// [`RunError`] when the store or the checkpoint does not answer.
    pub async fn begin(
        self,
        store: &dyn EventStore,
        checkpoint: Arc<dyn Projector>,
    ) -> Result<EffectProjector<E>, RunError> {
        let patience = Patience {
            backoff: self.backoff,
            ids: self.ids,
            gives_up_after: self.effect.gives_up_after(),
        };
        Ok(EffectProjector {
            performer: Performer(self.effect),
            store: store.id(),
            checkpoint: BegunCheckpoint::begin(checkpoint, store, E::START).await?,
            ahead: Mutex::new(Ahead::new(patience)),
            outcomes: self.outcomes,
            releasing: AsyncMutex::default(),
        })
    }
}

impl<E: Effect> EffectProjector<E> {
    /// Performs a batch but for what is parked, and moves the checkpoint up to the first event that is
    /// not done.
    async fn take_in(
        &self,
        batch: ProjectionBatch,
        given_up: Option<(Position, Failure)>,
    ) -> Result<(), ProjectionError> {
        self.check_turn(&batch).await?;
        let (parked, open) = self.part(&batch.events, given_up.clone()).await?;
        self.perform(&open).await;
        let not_done = self.ahead().first_not_done(&open);
        let up_to = match &not_done {
            Some((position, _)) => Position(position.0 - 1),
            // Whatever is between the events of a batch does not concern it.
            None => batch.up_to,
        };
        if up_to > batch.after {
            let parked = parked.into_iter().filter(|event| event.position <= up_to);
            let done = ProjectionBatch {
                after: batch.after,
                up_to,
                events: parked.cloned().collect(),
            };
            let given_up = given_up.filter(|(position, _)| *position <= up_to);
            self.checkpoint.advance(done, given_up).await?;
            self.ahead().forget(up_to);
        }
        not_done.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Nothing is done for a batch that is another process's by now.
    async fn check_turn(&self, batch: &ProjectionBatch) -> Result<(), ProjectionError> {
        let (expected, actual) = (batch.after, self.position(self.store).await?);
        match expected == actual {
            true => Ok(()),
            false => Err(ProjectionError::Moved { expected, actual }),
        }
    }

    /// Those of the events that are parked, and those that are to be performed.
    ///
    /// A letter may be gone before the checkpoint moves, since anybody may release it. Then the
    /// database refuses to take in what waited for it, as it was not performed.
    async fn part<'a>(
        &self,
        events: &'a [RecordedEvent],
        given_up: Option<(Position, Failure)>,
    ) -> Result<(Vec<&'a RecordedEvent>, Vec<&'a RecordedEvent>), ProjectionError> {
        let mut parking = Parking::default();
        if let Some(letters) = self.checkpoint.dead_letters() {
            for letter in parked_letters(letters).await? {
                parking.wait_behind(letter);
            }
        }
        if let Some((position, failure)) = given_up {
            parking.fail(position, failure);
        }
        let stays_parked =
            |event: &&RecordedEvent| parking.stays_parked(event, || vec![partition_of::<E>(event)]);
        Ok(events.iter().partition(stays_parked))
    }

    /// Performs what is not done of these events.
    async fn perform(&self, events: &[&RecordedEvent]) {
        let turns = Turns::of_batch(E::CONCURRENCY, E::TIMEOUT);
        let mut partitions = by_partition::<E>(events);
        // Those that failed have their turn when all others had theirs.
        let troubled = self.ahead().troubled();
        let is_troubled = |at: &RecordedEvent| troubled.contains(&at.position);
        partitions.sort_by_key(|events| events.iter().any(|event| is_troubled(event)));
        let partitions = partitions
            .iter()
            .map(|partition| self.perform_in_order(partition, &turns));
        join_all(partitions).await;
    }

    /// Performs the events of one partition, up to the first that is not done.
    async fn perform_in_order(&self, partition: &[&RecordedEvent], turns: &Turns) {
        for event in partition {
            match self.ahead().standing(event.position, Instant::now()) {
                Standing::Done => continue,
                Standing::Waits => return,
                Standing::Open => {}
            }
            let Some(_turn) = turns.next().await else {
                return;
            };
            let span = spans::effect(E::NAME, event);
            let answer = spans::within(span, self.performer.perform(event)).await;
            let is_done = answer.is_ok();
            self.ahead().note(event.position, answer, Instant::now());
            if !is_done {
                return;
            }
        }
    }

    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.ahead().forget(position);
        Ok(position)
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.checkpoint.position(store).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        self.take_in(batch, None).await
    }

    fn dead_letters(&self) -> Option<&dyn DeadLetters> {
        self.checkpoint.dead_letters()?;
        Some(self)
    }
}
