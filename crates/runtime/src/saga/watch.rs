//! The watch over all sagas: what is stuck is told of, and again as long as it is.

use std::collections::BTreeMap;
use std::time::Duration;

use annals_core::Timestamp;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::operations::Sagas;
use super::overview::{SagaOverview, age};
use crate::backoff::wait;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Looks at all sagas once a minute, measures how they are, and logs an error for those that have
/// instances which are [stuck](super::SagaOptions::stuck_after). Dropping it ends that.
#[must_use = "dropping it ends the watch"]
#[derive(Debug)]
pub struct SagaWatch {
    latest: watch::Receiver<Vec<SagaOverview>>,
    task: AbortHandle,
}

impl Sagas {
    /// Watches over them, in a task of its own.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn watch(&self) -> SagaWatch {
        let (overviews, latest) = watch::channel(Vec::new());
        let task = tokio::spawn(look_on(self.clone(), overviews)).abort_handle();
        SagaWatch { latest, task }
    }
}

impl SagaWatch {
    /// How they were at the last look, those of which that could be told.
    pub fn latest(&self) -> Vec<SagaOverview> {
        self.latest.borrow().clone()
    }

    /// How they are at each look, from now on.
    pub fn looks(&self) -> watch::Receiver<Vec<SagaOverview>> {
        self.latest.clone()
    }

    /// Ends it. Then it has also let go of the read models.
    pub async fn stop(&self) {
        self.task.abort();
        let mut latest = self.latest.clone();
        while latest.changed().await.is_ok() {}
    }
}

impl Drop for SagaWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look_on(sagas: Sagas, overviews: watch::Sender<Vec<SagaOverview>>) {
    let mut reminders = Reminders::default();
    while sagas.names().next().is_some() {
        let mut looked_at = Vec::new();
        for saga in sagas.names() {
            match sagas.overview(saga).await {
                Ok(overview) => looked_at.push(overview),
                Err(error) => {
                    sagas.measure(saga, None);
                    tracing::warn!(saga, %error, "how a saga is cannot be told");
                }
            }
        }
        for overview in &looked_at {
            sagas.measure(overview.saga, Some(overview));
            if reminders.is_time(overview, sagas.stuck_after(overview.saga)) {
                tell(overview);
            }
        }
        overviews.send_replace(looked_at);
        wait(LOOK_EVERY).await;
    }
}

fn tell(overview: &SagaOverview) {
    let first = overview.alarms.first();
    let first = first.map(|alarm| format!("{} ({})", alarm.instance, alarm.stuck.name()));
    tracing::error!(
        saga = overview.saga,
        stuck = overview.stuck,
        parked = overview.parked.count,
        first,
        "instances of a saga are stuck"
    );
}

/// When it was told last that a saga is stuck.
#[derive(Default)]
struct Reminders(BTreeMap<&'static str, Timestamp>);

impl Reminders {
    /// True when a saga is stuck, and that was not told within the time span.
    fn is_time(&mut self, overview: &SagaOverview, every: Duration) -> bool {
        if overview.stuck == 0 {
            self.0.remove(overview.saga);
            return false;
        }
        let told = self.0.get(overview.saga);
        let is_told = told.is_some_and(|told| age(overview.as_of, *told) < every);
        if !is_told {
            self.0.insert(overview.saga, overview.as_of);
        }
        !is_told
    }
}

#[cfg(test)]
mod tests;
