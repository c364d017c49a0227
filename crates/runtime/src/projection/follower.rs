//! Doing the work: take in what the store delivers, batch by batch.

use annals_core::{
    Failure, Lease, Position, ProjectionBatch, ProjectionError, ReadError, RecordedEvent, Source,
    Subscription,
};
use tokio::time::Instant;

use super::activity::Committed;
use super::failures::Failures;
use super::freshness::StoreEnd;
use super::gather::{Gathered, gather};
use super::orders::Orders;
use super::runner::Job;
use super::{ProjectionStatus, RunError};
use crate::spans;

/// Applies events from the checkpoint on, under a lease if there are any.
pub(super) struct Follower<'a> {
    job: &'a Job,
    lease: Option<&'a Lease>,
    /// Up to where the read model has been written.
    checkpoint: Position,
    /// Up to where it is complete: between the checkpoint and here is nothing for it.
    complete: Position,
}

impl<'a> Follower<'a> {
    /// Takes the checkpoint over.
    pub(super) async fn resume(job: &'a Job, lease: Option<&'a Lease>) -> Result<Self, RunError> {
        if let Some(lease) = lease {
            lease.working();
        }
        let checkpoint = job.projector.resume(job.store.id()).await?;
        let head = job.store.head().await?;
        if checkpoint > head {
            return Err(RunError::AheadOfStore { checkpoint, head });
        }
        job.reporter.resumed(checkpoint);
        Ok(Self {
            job,
            lease,
            checkpoint,
            complete: checkpoint,
        })
    }

    /// Takes in events until it is told not to.
    pub(super) async fn follow(
        mut self,
        failures: &mut Failures,
        orders: &mut Orders,
    ) -> Result<(), RunError> {
        let source = Source::query_after(self.job.projector.query(), self.checkpoint);
        let mut told_of_end_at = Instant::now();
        let mut subscription = self.job.store.subscribe(source).await?;
        let mut status = ProjectionStatus::CatchingUp;
        while let Some(gathered) = self.next(&mut subscription, failures, orders).await? {
            let mut end = None;
            if gathered.caught_up {
                status = ProjectionStatus::Live;
                end = Some(StoreEnd {
                    position: gathered.up_to,
                    // The store was looked at since it told of the end before, maybe long ago: what
                    // was found then was applied in between.
                    seen_at: std::mem::replace(&mut told_of_end_at, Instant::now()),
                });
            }
            let broken = self.take_in(gathered, failures).await?;
            failures.taken_in(self.checkpoint);
            self.job.reporter.reached(self.complete, status.clone());
            if let Some(end) = end {
                self.job.last_complete.note(end);
            }
            broken.map_or(Ok(()), Err)?;
        }
        Ok(self.write_checkpoint().await?)
    }

    /// Waits for the next batch; of that, a lease does not grow old. `None`: told not to go on.
    async fn next(
        &self,
        subscription: &mut Subscription,
        failures: &Failures,
        orders: &mut Orders,
    ) -> Result<Option<Gathered>, ReadError> {
        if let Some(lease) = self.lease {
            lease.idle();
        }
        let first = orders.unless_told(subscription.next()).await;
        if let Some(lease) = self.lease {
            lease.working();
        }
        let most = failures.at_once(self.checkpoint, self.job.options.max_batch);
        let gather = |first| gather(first, subscription, most);
        first.transpose().map(|first| first.map(gather))
    }

    /// Applies what was gathered. Returns what ended the subscription after it.
    async fn take_in(
        &mut self,
        gathered: Gathered,
        failures: &Failures,
    ) -> Result<Option<ReadError>, ProjectionError> {
        if !gathered.events.is_empty() {
            let given_up = failures.given_up(&gathered.events);
            self.commit(gathered.events, gathered.up_to, given_up)
                .await?;
        }
        self.complete = gathered.up_to;
        let skipped = self.complete.0.saturating_sub(self.checkpoint.0);
        if skipped >= self.job.options.checkpoint_every {
            self.write_checkpoint().await?;
        }
        Ok(gathered.broken)
    }

    /// Writes down what has been skipped since the checkpoint.
    async fn write_checkpoint(&mut self) -> Result<(), ProjectionError> {
        if self.complete > self.checkpoint {
            self.apply(Vec::new(), self.complete, None).await?;
        }
        Ok(())
    }

    /// Applies events, and tells how long they took to be visible.
    async fn commit(
        &mut self,
        events: Vec<RecordedEvent>,
        up_to: Position,
        given_up: Option<(Position, Failure)>,
    ) -> Result<(), ProjectionError> {
        let (began_at, count) = (Instant::now(), events.len() as u64);
        let last_recorded_at = events.last().map(|event| event.recorded_at);
        self.apply(events, up_to, given_up).await?;
        if let Some(recorded_at) = last_recorded_at {
            self.job.reporter.committed(&Committed {
                events: count,
                recorded_at,
                committed_at: self.job.options.clock.now(),
                took: began_at.elapsed(),
            });
        }
        Ok(())
    }

    async fn apply(
        &mut self,
        events: Vec<RecordedEvent>,
        up_to: Position,
        given_up: Option<(Position, Failure)>,
    ) -> Result<(), ProjectionError> {
        let batch = ProjectionBatch {
            after: self.checkpoint,
            up_to,
            events: events.into(),
        };
        let projector = &self.job.projector;
        let span = spans::batch(projector.name(), &batch);
        match (given_up, projector.dead_letters()) {
            (Some((position, failure)), Some(letters)) => {
                let parking = letters.park(batch, position, failure.clone());
                spans::within(span, parking).await?;
                self.job.reporter.parked(position, &failure);
            }
            _ => spans::within(span, projector.apply(batch)).await?,
        }
        self.checkpoint = up_to;
        Ok(())
    }
}
