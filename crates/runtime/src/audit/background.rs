//! Audits that go on beside a projection.

use std::sync::Arc;

use annals_core::{
    EventStore, IdSource, PAGE_POSITIONS, ProjectionError, Projector, RandomIds, ReadError,
};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::{Audit, AuditError, AuditOptions, Proven, audit_projection};
use crate::backoff::Backoff;
use crate::metrics::AuditMeter;
use crate::projection::{Progress, ProjectionHandle, ProjectionStatus};

/// What is audited: a projection, and the store it follows.
#[derive(Clone)]
pub struct AuditSubject {
    /// The store that it follows.
    pub store: Arc<dyn EventStore>,
    /// Which events it wants, and which of them it has handled.
    pub projector: Arc<dyn Projector>,
}

/// How a projection is audited as it goes on. The defaults are for production.
#[derive(Clone)]
pub struct BackgroundAuditOptions {
    /// How each audit is made. What an earlier one has proven is left out of the next.
    pub audit: AuditOptions,
    /// By how many positions the projection moves on before it is audited again.
    pub every: u64,
    /// How long to wait when ledger or log are unavailable.
    pub backoff: Backoff,
    /// Makes the waits differ.
    pub ids: Arc<dyn IdSource>,
}

impl Default for BackgroundAuditOptions {
    fn default() -> Self {
        Self {
            audit: AuditOptions::default(),
            every: PAGE_POSITIONS,
            backoff: Backoff {
                first: std::time::Duration::from_secs(1),
                most: std::time::Duration::from_secs(60),
            },
            ids: Arc::new(RandomIds),
        }
    }
}

/// How the last audit ended; `None` before the first one has.
pub type LatestAudit = Option<Result<Audit, AuditError>>;

/// Audits a projection at once, when it has caught up, and whenever it has moved on, in a task of
/// its own. Each time only what is new is compared.
///
/// When something is found, or cannot be read for good, that is logged as an error and is the last
/// result: there is nothing to gain from finding it again. It also ends with the projection.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn audit_in_background(
    subject: AuditSubject,
    projection: &ProjectionHandle,
    options: BackgroundAuditOptions,
) -> BackgroundAudit {
    let (results, latest) = watch::channel(None);
    let audits = Audits {
        meter: AuditMeter::new(subject.projector.name()),
        subject,
        progress: projection.progress(),
        options,
        results,
        failures: 0,
    };
    let task = tokio::spawn(audits.run()).abort_handle();
    BackgroundAudit { latest, task }
}

/// Audits of a running projection. Dropping it ends them.
#[must_use = "dropping it ends the audits"]
#[derive(Debug)]
pub struct BackgroundAudit {
    latest: watch::Receiver<LatestAudit>,
    task: AbortHandle,
}

impl BackgroundAudit {
    /// How the last audit ended.
    pub fn latest(&self) -> LatestAudit {
        self.latest.borrow().clone()
    }

    /// How each audit ends, from now on. It is closed once there are no more.
    pub fn watch(&self) -> watch::Receiver<LatestAudit> {
        self.latest.clone()
    }

    /// Ends them, in the midst of one if need be. Then they have also let go of the store and the
    /// read model.
    pub async fn stop(&self) {
        self.task.abort();
        let mut latest = self.latest.clone();
        while latest.changed().await.is_ok() {}
    }
}

impl Drop for BackgroundAudit {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task of a [`BackgroundAudit`].
struct Audits {
    meter: AuditMeter,
    subject: AuditSubject,
    progress: watch::Receiver<Progress>,
    options: BackgroundAuditOptions,
    /// How many audits in a row could not be made.
    failures: u32,
    /// Dropped last: then they are over.
    results: watch::Sender<LatestAudit>,
}

impl Audits {
    async fn run(mut self) {
        if !self.is_at_work().await {
            return;
        }
        loop {
            let before = self.progress.borrow_and_update().clone();
            let goes_on = match self.audit().await {
                Ok(audit) => self.takes(audit) && self.has_moved_on(before).await,
                Err(error) => self.tries_again(error).await,
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Waits while the read model may be of another declaration, whose ledger is not that of this
    /// projection. False if the projection is over.
    async fn is_at_work(&mut self) -> bool {
        let stands_still = |status: &_| {
            matches!(
                status,
                ProjectionStatus::AwaitsRebuild | ProjectionStatus::Paused
            )
        };
        let at_work = self.progress.wait_for(|now| !stands_still(&now.status));
        at_work.await.is_ok_and(|now| !now.status.is_over())
    }

    async fn audit(&self) -> Result<Audit, AuditError> {
        let AuditSubject { store, projector } = &self.subject;
        audit_projection(&**store, &**projector, &self.options.audit).await
    }

    /// True if nothing was found.
    fn takes(&mut self, audit: Audit) -> bool {
        let is_complete = audit.is_complete();
        let projection = &audit.projection;
        match is_complete {
            true => tracing::debug!(projection, %audit, "projection audited"),
            false => tracing::error!(projection, %audit, "projection is not complete"),
        }
        self.meter.audited(&audit);
        self.failures = 0;
        self.options.audit.proven = audit.proven;
        self.results.send_replace(Some(Ok(audit)));
        is_complete
    }

    /// Waits until there is enough to audit again. False if the projection is over.
    async fn has_moved_on(&mut self, before: Progress) -> bool {
        let next = before.position.0.saturating_add(self.options.every);
        let was_up_to_date = before.status.is_up_to_date();
        let moved = self.progress.wait_for(|now| {
            let has_caught_up = !was_up_to_date && now.status.is_up_to_date();
            has_caught_up || now.position.0 >= next
        });
        moved.await.is_ok()
    }

    /// Waits before the next try. False if there is no use in it.
    async fn tries_again(&mut self, error: AuditError) -> bool {
        let projection = self.subject.projector.name();
        let is_passing = is_passing(&error);
        match is_passing {
            true => tracing::warn!(projection, %error, "audit tries again"),
            false => tracing::error!(projection, %error, "audit failed"),
        }
        self.meter.error();
        if matches!(
            error,
            AuditError::WentBack { .. } | AuditError::OtherEdition
        ) {
            self.options.audit.proven = Proven::default();
        }
        self.results.send_replace(Some(Err(error)));
        if is_passing {
            self.failures = self.failures.saturating_add(1);
            let ids = &*self.options.ids;
            self.options.backoff.pause(self.failures, ids).await;
        }
        is_passing && self.is_at_work().await
    }
}

/// True if it may go better later.
fn is_passing(error: &AuditError) -> bool {
    matches!(
        error,
        // Superseded: until the read model is rebuilt, or its projection finds out and is over.
        AuditError::Ledger(ProjectionError::Unavailable(_) | ProjectionError::Superseded { .. })
            | AuditError::Log(ReadError::Unavailable { .. })
            | AuditError::WentBack { .. }
            | AuditError::OtherEdition
    )
}
