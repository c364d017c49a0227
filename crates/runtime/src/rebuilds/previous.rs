//! The edition that was read before: kept up to date, and no longer than it is to be kept.

use std::sync::{Arc, Weak};
use std::time::Duration;

use annals_core::{Edition, EditionState, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Rebuilds, Shared};
use crate::backoff::wait;
use crate::projection::{ProjectionHandle, ProjectionStatus, RunnerOptions, run_projection};
use crate::rebuild::RebuildError;

/// How often it is looked whether there is another previous edition, or one to be dropped. Of
/// exchanges in this process it is told.
const LOOKS: Duration = Duration::from_secs(30);

/// What keeps a previous edition up to date.
#[derive(Default)]
pub(super) struct Follower {
    projection: Option<ProjectionHandle>,
    /// Looks after it.
    keeper: Option<JoinHandle<()>>,
}

impl Rebuilds {
    /// Keeps the previous edition from now on: up to date if it is of this fold, and dropped once it
    /// was kept for long enough. Of several processes that have leases, one does it.
    ///
    /// # Errors
    /// [`RebuildError`] when it cannot be told whether there is one.
    pub async fn keep_previous(&self) -> Result<(), RebuildError> {
        let exchanged = self.shared.exchanged.subscribe();
        self.look_after_previous().await?;
        let keep = keep(Arc::downgrade(&self.shared), exchanged);
        let mut follower = self.shared.previous.lock().await;
        if let Some(before) = follower.keeper.replace(tokio::spawn(keep)) {
            before.abort();
        }
        Ok(())
    }

    /// Does what is to be done about the previous edition now.
    ///
    /// # Errors
    /// As [`keep_previous`](Self::keep_previous).
    pub async fn look_after_previous(&self) -> Result<(), RebuildError> {
        if self.shared.read_models.editions().is_none() {
            return Ok(());
        }
        let mut follower = self.shared.previous.lock().await;
        let previous = self.find(Edition::Previous).await?;
        let fingerprint = self.shared.fold.fingerprint();
        match previous {
            Some(previous) if self.is_kept_long_enough(&previous) => {
                self.discard_replaced(&mut follower).await
            }
            Some(previous) if previous.fingerprint == fingerprint => {
                self.follow_previous(&mut follower).await
            }
            _ => {
                follower.let_be().await;
                Ok(())
            }
        }
    }

    /// Lets it be as it is until it is looked after again.
    pub(super) async fn let_previous_be(&self) {
        self.shared.previous.lock().await.let_be().await;
    }

    /// Until when an edition is kept that was replaced.
    pub(super) fn kept_until(&self, previous: &EditionState) -> Option<Timestamp> {
        let replaced_at = previous.replaced_at?;
        let keep = self.shared.options.keep_previous;
        Some(replaced_at.checked_add(keep).unwrap_or(Timestamp::MAX))
    }

    pub(super) fn runner_options(&self) -> RunnerOptions {
        self.shared.options.runner.clone()
    }

    fn is_kept_long_enough(&self, previous: &EditionState) -> bool {
        let now = self.shared.options.runner.clock.now();
        self.kept_until(previous).is_some_and(|until| until <= now)
    }

    async fn follow_previous(&self, follower: &mut Follower) -> Result<(), RebuildError> {
        if follower.is_at_work() {
            return Ok(());
        }
        let fold = self.shared.fold.clone();
        let projector = self.database()?.projector(fold, Edition::Previous).await?;
        let store = Arc::clone(&self.shared.store);
        follower.projection = Some(run_projection(store, projector, self.runner_options()));
        Ok(())
    }

    /// Leaves it to the process that keeps it up to date, if that is another; until the next look.
    async fn discard_replaced(&self, follower: &mut Follower) -> Result<(), RebuildError> {
        let is_left_to_another = follower.stands_by();
        follower.let_be().await;
        if is_left_to_another {
            return Ok(());
        }
        let now = self.shared.options.runner.clock.now();
        let until = now.checked_sub(self.shared.options.keep_previous);
        let name = self.shared.fold.name();
        let until = until.unwrap_or(Timestamp::MIN);
        if self.database()?.discard_replaced(name, until).await? {
            tracing::info!(projection = name, "the previous edition is dropped");
        }
        Ok(())
    }
}

impl Follower {
    /// Stops both; nobody looks after it any more.
    pub(super) async fn end(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.abort();
            let _aborted = keeper.await;
        }
        self.let_be().await;
    }

    async fn let_be(&mut self) {
        if let Some(projection) = self.projection.take() {
            projection.stop().await;
        }
    }

    fn is_at_work(&self) -> bool {
        let status = self.projection.as_ref().map(ProjectionHandle::status);
        status.is_some_and(|status| !status.is_over())
    }

    fn stands_by(&self) -> bool {
        let status = self.projection.as_ref().map(ProjectionHandle::status);
        matches!(status, Some(ProjectionStatus::Standby))
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(keeper) = &self.keeper {
            keeper.abort();
        }
    }
}

/// Looks after it whenever editions were exchanged, and from time to time, until the service is gone.
async fn keep(shared: Weak<Shared>, mut exchanged: watch::Receiver<()>) {
    loop {
        tokio::select! {
            told = exchanged.changed() => if told.is_err() { return },
            () = wait(LOOKS) => {}
        }
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let rebuilds = Rebuilds { shared };
        if let Err(error) = rebuilds.look_after_previous().await {
            let projection = rebuilds.shared.fold.name();
            tracing::warn!(projection, %error, "the previous edition is not looked after");
        }
    }
}
