//! The task that finds what is due, and has it done.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;

use annals_core::{
    InstanceId, Lease, LeaseError, Leases, QueryError, ReadModel, Saga, Selection, Table,
};
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use super::driver::Driver;
use super::rows::SagaRow;
use super::{SagaEngine, SagaError, SagaOptions};
use crate::backoff::wait;
use crate::metrics::SagaMeter;
use crate::projection::{Progress, ProjectionHandle};

/// Most rows that are looked at together.
const PAGE: u32 = 100;

/// The task that does what is open for the instances of a saga. Dropping it stops it: what it is at is
/// done again under the same keys by whoever comes next.
#[must_use = "dropping the handle stops the saga"]
#[derive(Debug)]
pub struct SagaHandle {
    task: AbortHandle,
    ended: watch::Receiver<()>,
}

/// What the task needs.
struct Runner<S: Saga> {
    driver: Arc<Driver<S>>,
    rows: Table<SagaRow>,
    progress: watch::Receiver<Progress>,
    leases: Option<Arc<dyn Leases>>,
    options: SagaOptions,
    meter: SagaMeter,
}

/// The instances for which something is done now.
#[derive(Default)]
struct Driven {
    tasks: JoinSet<Result<(), SagaError>>,
    instances: HashMap<Id, InstanceId>,
    /// True if one was due that is driven already, or for which there was no place.
    is_more_due: bool,
}

impl<S: Saga> SagaEngine<S> {
    /// Does what is open for the instances, in a task of its own, for as long as the handle is there.
    ///
    /// They are found in `rows`, the read model that the projection `index` keeps up to date. With
    /// leases, one of the processes that run the saga does the work.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn run(
        &self,
        rows: Table<SagaRow>,
        index: &ProjectionHandle,
        leases: Option<Arc<dyn Leases>>,
    ) -> SagaHandle {
        let runner = Runner {
            driver: Arc::new(self.driver()),
            rows,
            progress: index.progress(),
            leases,
            options: self.options.clone(),
            meter: SagaMeter::new(S::NAME),
        };
        let (alive, ended) = watch::channel(());
        let task = tokio::spawn(async move {
            // Dropped last, when nothing of the runner is left.
            let _alive = alive;
            runner.run().await;
        });
        SagaHandle {
            task: task.abort_handle(),
            ended,
        }
    }
}

impl SagaHandle {
    /// Stops it, and waits until nothing is done any more.
    pub async fn stop(&self) {
        self.task.abort();
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

impl Drop for SagaHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S: Saga> Runner<S> {
    async fn run(mut self) {
        loop {
            match self.lease().await {
                Ok(Some(lease)) => tokio::select! {
                    () = lease.lost() => {}
                    () = self.work(Some(&lease)) => {}
                },
                Ok(None) if self.leases.is_none() => self.work(None).await,
                Ok(None) => {}
                Err(error) => tracing::warn!(saga = S::NAME, %error, "whose turn it is is unknown"),
            }
            wait(self.options.look_every).await;
        }
    }

    /// `None`: another process holds it, or there are none.
    async fn lease(&self) -> Result<Option<Lease>, LeaseError> {
        match &self.leases {
            Some(leases) => leases.try_acquire(&format!("saga/{}", S::NAME)).await,
            None => Ok(None),
        }
    }

    /// Does what is due for as long as it is its turn.
    async fn work(&mut self, lease: Option<&Lease>) {
        let mut driven = Driven::default();
        loop {
            lease.inspect(|lease| lease.working());
            if let Err(error) = self.look(&mut driven).await {
                tracing::warn!(saga = S::NAME, %error, "what is due is unknown");
            }
            lease.inspect(|lease| lease.idle());
            self.until_next_look(&mut driven).await;
        }
    }

    /// Begins to drive the instances that are due.
    async fn look(&self, driven: &mut Driven) -> Result<(), QueryError> {
        driven.is_more_due = false;
        let now = self.options.clock.now();
        let mut after = None;
        loop {
            let due = Selection::new().equal("saga", &S::NAME.to_owned());
            let due = due.within("due", ..=Some(now)).limit(PAGE);
            let due = match &after {
                Some(key) => due.after(key),
                None => due,
            };
            let rows = self.rows.list(due).await?;
            for row in &rows {
                self.begin(row, driven);
            }
            let is_last = rows.len() < PAGE as usize;
            after = rows.last().map(SagaRow::key);
            if is_last {
                return Ok(());
            }
        }
    }

    fn begin(&self, row: &SagaRow, driven: &mut Driven) {
        let Ok(instance) = InstanceId::new(&row.instance) else {
            return;
        };
        let is_full = driven.tasks.len() >= self.options.at_once.get();
        if is_full || driven.instances.values().any(|driven| *driven == instance) {
            driven.is_more_due = true;
            return;
        }
        let (driver, id) = (Arc::clone(&self.driver), instance.clone());
        let task = driven.tasks.spawn(async move { driver.drive(&id).await });
        driven.instances.insert(task.id(), instance);
    }

    /// Waits until there may be something to do: some instance changed, time passed, or one that is
    /// due has a place.
    async fn until_next_look(&mut self, driven: &mut Driven) {
        let tick = wait(self.options.look_every);
        tokio::pin!(tick);
        loop {
            tokio::select! {
                () = &mut tick => return,
                () = changed(&mut self.progress) => return,
                Some(ended) = driven.tasks.join_next_with_id() => {
                    if let Err(error) = driven.end(ended) {
                        self.meter.failed();
                        tracing::error!(saga = S::NAME, error, "an instance cannot go on");
                    }
                    if driven.is_more_due {
                        return;
                    }
                }
            }
        }
    }
}

impl Driven {
    /// Tells which instance failed, and how.
    fn end(&mut self, ended: Result<(Id, Result<(), SagaError>), JoinError>) -> Result<(), String> {
        let (task, answer) = match ended {
            Ok((task, answer)) => (task, answer.map_err(|error| error.to_string())),
            Err(panic) => (panic.id(), Err(panic.to_string())),
        };
        let instance = self.instances.remove(&task);
        let name = instance.map_or_else(String::new, |instance| instance.to_string());
        answer.map_err(|error| format!("{name}: {error}"))
    }
}

/// Never again once the projection has ended: then time alone tells.
async fn changed(progress: &mut watch::Receiver<Progress>) {
    if progress.changed().await.is_err() {
        pending::<()>().await;
    }
}
