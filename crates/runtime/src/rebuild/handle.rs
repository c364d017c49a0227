//! What is told to a rebuild, and asked of it.

use tokio::sync::watch;

use super::progress::{Control, Ending, Forgetting, RebuildPhase, RebuildProgress};

/// A rebuild that is under way. Dropping the handle breaks it off; begun again, it goes on there.
#[derive(Debug)]
#[must_use = "dropping the handle breaks the rebuild off"]
pub struct RebuildHandle {
    pub(super) progress: watch::Receiver<RebuildProgress>,
    pub(super) control: watch::Sender<Control>,
    pub(super) forgetting: Forgetting,
}

impl RebuildHandle {
    /// How far it is.
    pub fn progress(&self) -> RebuildProgress {
        self.progress.borrow().clone()
    }

    /// Stands still after the batch in progress.
    pub fn pause(&self) {
        self.control.send_modify(|control| control.paused = true);
    }

    /// Goes on.
    pub fn resume(&self) {
        self.control.send_modify(|control| control.paused = false);
    }

    /// Lets the candidate take the place of the current edition whatever the comparison found.
    pub fn accept(&self) {
        self.control.send_modify(|control| control.accepted = true);
    }

    /// Gives it up, and drops what was made.
    pub fn cancel(&self) {
        self.end_as(Ending::Cancelled);
    }

    /// Breaks it off: begun again, it goes on there.
    pub fn break_off(&self) {
        self.end_as(Ending::BrokenOff);
    }

    /// Keeps no values of rows that differ by now, nor of what is being compared.
    pub(crate) fn forget(&self) {
        self.forgetting.forget();
    }

    fn end_as(&self, ending: Ending) {
        self.control
            .send_modify(|control| control.ending = control.ending.or(Some(ending)));
    }

    /// Tells of its progress, also once the handle is dropped.
    pub fn watch(&self) -> watch::Receiver<RebuildProgress> {
        self.progress.clone()
    }

    /// Waits until its phase is one that is waited for, or the rebuild is over.
    pub async fn wait_for(&self, is_it: impl Fn(&RebuildPhase) -> bool) -> RebuildProgress {
        let mut progress = self.progress.clone();
        let reached = progress.wait_for(|now| is_it(&now.phase) || now.phase.is_over());
        match reached.await {
            Ok(now) => now.clone(),
            Err(_) => self.progress(),
        }
    }

    /// Waits until it is over.
    pub async fn end(&self) -> RebuildProgress {
        self.wait_for(|_| false).await
    }
}
