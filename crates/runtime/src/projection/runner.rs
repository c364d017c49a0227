//! The task behind a projection: follow the store, apply batches, try again.

use std::sync::Arc;

use annals_core::{
    EventStore, Position, ProjectionBatch, ProjectionError, Projector, ReadError, RecordedEvent,
    Source,
};
use tokio::sync::watch;

use super::gather::{Gathered, gather};
use super::{ProjectionStatus, Reporter, RunError, RunnerOptions};

/// Drives one projector.
///
/// Whatever goes wrong, it begins again at the checkpoint, as after a restart: there is one way
/// to recover, and a commit whose answer was lost shows in where the checkpoint is.
pub(super) struct Runner {
    store: Arc<dyn EventStore>,
    projector: Arc<dyn Projector>,
    options: RunnerOptions,
    stopping: watch::Receiver<bool>,
    /// Up to where the read model has been written.
    checkpoint: Position,
    /// Up to where it is complete: between the checkpoint and here is nothing for it.
    complete: Position,
    failures: Failures,
    // Last, so that it is dropped last: whoever waits for its end may then open the store anew.
    reporter: Reporter,
}

/// What went wrong since something last went well.
#[derive(Default)]
struct Failures {
    in_a_row: u32,
    of_an_event: u32,
    /// The last event that could not be applied. Up to here events are applied one by one, so
    /// that it takes no other down with it.
    suspect: Position,
}

impl Runner {
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        projector: Arc<dyn Projector>,
        options: RunnerOptions,
        reporter: Reporter,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            projector,
            options,
            stopping,
            checkpoint: Position::START,
            complete: Position::START,
            failures: Failures::default(),
            reporter,
        }
    }

    /// Runs until it is told to stop, or until trying again is of no use.
    pub(super) async fn run(mut self) {
        loop {
            let Err(error) = self.follow().await else {
                return self.reporter.stopped();
            };
            self.failures.count(&error);
            if self.is_final(&error) {
                return self.reporter.failed(error);
            }
            let attempt = self.failures.in_a_row;
            self.reporter.retrying(error, attempt);
            let pause = self.options.backoff.pause(attempt, &*self.options.ids);
            if unless_told(&mut self.stopping, pause).await.is_none() {
                return self.reporter.stopped();
            }
        }
    }

    /// Takes in events from the checkpoint on, until it is told to stop.
    async fn follow(&mut self) -> Result<(), RunError> {
        self.checkpoint = self.projector.resume(self.store.id()).await?;
        let (checkpoint, head) = (self.checkpoint, self.store.head().await?);
        if checkpoint > head {
            return Err(RunError::AheadOfStore { checkpoint, head });
        }
        self.complete = self.checkpoint;
        self.reporter.resumed(self.checkpoint);
        let source = Source::query_after(self.projector.query(), self.checkpoint);
        let mut subscription = self.store.subscribe(source).await?;
        let mut status = ProjectionStatus::CatchingUp;
        while let Some(first) = unless_told(&mut self.stopping, subscription.next()).await {
            let gathered = gather(first?, &mut subscription, self.most_at_once());
            if gathered.caught_up {
                status = ProjectionStatus::Live;
            }
            let broken = self.take_in(gathered).await?;
            self.failures.end();
            self.reporter.reached(self.complete, status.clone());
            broken.map_or(Ok(()), Err)?;
        }
        Ok(self.write_checkpoint().await?)
    }

    /// Applies what was gathered. Returns what ended the subscription after it.
    async fn take_in(&mut self, gathered: Gathered) -> Result<Option<ReadError>, ProjectionError> {
        if !gathered.events.is_empty() {
            self.apply(gathered.events, gathered.up_to).await?;
        }
        self.complete = gathered.up_to;
        let skipped = self.complete.0.saturating_sub(self.checkpoint.0);
        if skipped >= self.options.checkpoint_every {
            self.write_checkpoint().await?;
        }
        Ok(gathered.broken)
    }

    /// Writes down what has been skipped since the checkpoint.
    async fn write_checkpoint(&mut self) -> Result<(), ProjectionError> {
        if self.complete > self.checkpoint {
            self.apply(Vec::new(), self.complete).await?;
        }
        Ok(())
    }

    async fn apply(
        &mut self,
        events: Vec<RecordedEvent>,
        up_to: Position,
    ) -> Result<(), ProjectionError> {
        let batch = ProjectionBatch {
            after: self.checkpoint,
            up_to,
            events: events.into(),
        };
        self.projector.apply(batch).await?;
        self.checkpoint = up_to;
        Ok(())
    }

    fn most_at_once(&self) -> usize {
        if self.checkpoint < self.failures.suspect {
            return 1;
        }
        self.options.max_batch.get()
    }

    fn is_final(&self, error: &RunError) -> bool {
        match error {
            RunError::Store(ReadError::Unavailable { .. }) => false,
            RunError::ReadModel(ProjectionError::Unavailable(_)) => false,
            // Another runner of this projection, or a commit whose answer was lost.
            RunError::ReadModel(ProjectionError::Moved { .. }) => false,
            RunError::ReadModel(ProjectionError::Event { .. }) => {
                self.failures.of_an_event >= self.options.event_attempts
            }
            _ => true,
        }
    }
}

impl Failures {
    fn count(&mut self, error: &RunError) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let RunError::ReadModel(ProjectionError::Event { position, .. }) = error {
            self.of_an_event += 1;
            self.suspect = *position;
        }
    }

    fn end(&mut self) {
        self.in_a_row = 0;
        self.of_an_event = 0;
    }
}

/// What a future gives, or `None` as soon as the runner is told to stop.
async fn unless_told<T>(
    stopping: &mut watch::Receiver<bool>,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        // An error says that the handle was dropped, which tells the same.
        _told = stopping.wait_for(|told| *told) => None,
        output = future => Some(output),
    }
}
