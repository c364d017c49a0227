//! While another process does the work: wait for its lease, and tell how far it is.

use std::convert::Infallible;
use std::time::Duration;

use annals_core::{Lease, LeaseError, Leases, Position, ProjectionError, Read, ReadError, Source};

use super::failures::Failures;
use super::gather::gather;
use super::runner::Job;
use super::{ProjectionStatus, RunError};
use crate::backoff::Backoff;

/// Pauses between looks at a checkpoint that is behind the store.
const LOOKS: Backoff = Backoff {
    first: Duration::from_millis(2),
    most: Duration::from_millis(100),
};

/// When a lease is asked for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// At once.
    AtOnce,
    /// After every other standby had time to ask.
    AfterOthers,
}

/// Waits for a lease.
pub(super) struct Standby<'a> {
    job: &'a Job,
    leases: &'a dyn Leases,
    /// What the lease is for.
    work: String,
}

impl<'a> Standby<'a> {
    pub(super) fn new(job: &'a Job, leases: &'a dyn Leases) -> Self {
        let work = format!("projection/{}", job.projector.name());
        Self { job, leases, work }
    }

    /// Waits until the lease is ours, and tells meanwhile how far its holder is.
    pub(super) async fn wait_for_lease(
        &self,
        ask: Ask,
        failures: &mut Failures,
    ) -> Result<Lease, RunError> {
        let mut first_pause = self.job.options.lease_retry;
        match ask {
            Ask::AtOnce => {
                if let Some(lease) = self.leases.try_acquire(&self.work).await? {
                    return Ok(lease);
                }
            }
            Ask::AfterOthers => first_pause *= 2,
        }
        tokio::select! {
            lease = self.keep_asking(first_pause) => Ok(lease?),
            Err(error) = self.follow_checkpoint(failures) => Err(error),
        }
    }

    async fn keep_asking(&self, first_pause: Duration) -> Result<Lease, LeaseError> {
        let mut pause = first_pause;
        loop {
            self.pause(pause).await;
            if let Some(lease) = self.leases.try_acquire(&self.work).await? {
                return Ok(lease);
            }
            pause = self.job.options.lease_retry;
        }
    }

    /// Pauses for half of `longest` to all of it.
    async fn pause(&self, longest: Duration) {
        let once = Backoff {
            first: longest,
            most: longest,
        };
        once.pause(1, &*self.job.options.ids).await;
    }

    /// Follows the checkpoint that the holder moves. The store tells when there is something to
    /// look for; only then, and until it is found, the checkpoint is polled.
    async fn follow_checkpoint(&self, failures: &mut Failures) -> Result<Infallible, RunError> {
        let began_at = self.job.store.head().await?;
        let source = Source::query_after(self.job.projector.query(), began_at);
        let mut subscription = self.job.store.subscribe(source).await?;
        let mut recorded = Recorded {
            last_event: self.last_event().await?,
            up_to: began_at,
        };
        loop {
            let mut looks = 0;
            while !self.finds(recorded, began_at, failures).await? {
                looks += 1;
                LOOKS.pause(looks, &*self.job.options.ids).await;
            }
            let first = subscription.next().await?;
            let most = self.job.options.max_batch.get();
            let gathered = gather(first, &mut subscription, most);
            gathered.broken.map_or(Ok(()), Err)?;
            if let Some(event) = gathered.events.last() {
                recorded.last_event = event.position;
            }
            recorded.up_to = gathered.up_to;
        }
    }

    /// The last event that concerns the read model, or the beginning if there is none.
    async fn last_event(&self) -> Result<Position, ReadError> {
        let source = Source::query(self.job.projector.query());
        let mut events = self
            .job
            .store
            .read(Read::backwards(source).limit(1))
            .await?;
        let last = events.try_next().await?;
        Ok(last.map_or(Position::START, |event| event.position))
    }

    /// True once the holder has applied what is recorded. Tells how far it is: it stands by once
    /// that is where the store was when following began. Before, whoever reads here would read of
    /// the past.
    async fn finds(
        &self,
        recorded: Recorded,
        began_at: Position,
        failures: &mut Failures,
    ) -> Result<bool, ProjectionError> {
        let store = self.job.store.id();
        let checkpoint = self.job.projector.position(store).await?;
        failures.end();
        let is_found = checkpoint >= recorded.last_event;
        // No checkpoint is written for what does not concern the read model.
        let complete = match is_found {
            true => checkpoint.max(recorded.up_to),
            false => checkpoint,
        };
        let status = match complete < began_at {
            true => ProjectionStatus::CatchingUp,
            false => ProjectionStatus::Standby,
        };
        self.job.reporter.reached(complete, status);
        Ok(is_found)
    }
}

/// What is in the store for the read model, as far as it was read.
#[derive(Clone, Copy)]
struct Recorded {
    /// The last event that concerns it.
    last_event: Position,
    /// Up to where that is known.
    up_to: Position,
}
