//! The instances for which something is done now, so many at once.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use annals_core::{InstanceId, Saga, Timestamp};
use futures_util::FutureExt;
use tokio::task::JoinSet;

use super::driver::Driver;

/// What came of driving an instance.
pub(super) struct Ended {
    pub(super) instance: InstanceId,
    /// When there is something to do for it next, or why it cannot go on.
    pub(super) answer: Result<Option<Timestamp>, String>,
}

/// The instances that are driven. Dropping it stops them all.
pub(super) struct Driven<S: Saga> {
    driver: Arc<Driver<S>>,
    places: NonZeroUsize,
    tasks: JoinSet<Ended>,
    /// True for those of which there was word meanwhile: they are driven once more.
    instances: HashMap<InstanceId, bool>,
}

impl<S: Saga> Driven<S> {
    pub(super) fn new(driver: Arc<Driver<S>>, places: NonZeroUsize) -> Self {
        Self {
            driver,
            places,
            tasks: JoinSet::new(),
            instances: HashMap::new(),
        }
    }

    /// True if one more can be driven.
    pub(super) fn has_place(&self) -> bool {
        self.tasks.len() < self.places.get()
    }

    /// Begins to drive an instance, unless it is driven.
    pub(super) fn begin(&mut self, instance: InstanceId) {
        if !self.instances.contains_key(&instance) {
            self.instances.insert(instance.clone(), false);
            self.spawn(instance);
        }
    }

    /// Begins to drive an instance of which there was word; once more, if it is driven.
    pub(super) fn begin_nudged(&mut self, instance: InstanceId) {
        match self.instances.get_mut(&instance) {
            Some(is_nudged) => *is_nudged = true,
            None => self.begin(instance),
        }
    }

    /// Waits until nothing more is to be done for one of them now. `None`: there are none, or they were
    /// stopped.
    pub(super) async fn next_ended(&mut self) -> Option<Ended> {
        let ended = self.tasks.join_next().await?.ok()?;
        if self.instances.remove(&ended.instance) == Some(true) {
            self.begin(ended.instance.clone());
        }
        Some(ended)
    }

    fn spawn(&mut self, instance: InstanceId) {
        let driver = Arc::clone(&self.driver);
        self.tasks.spawn(async move {
            let driving = AssertUnwindSafe(driver.drive(&instance)).catch_unwind();
            let answer = match driving.await {
                Ok(answer) => answer.map_err(|error| error.to_string()),
                Err(_panic) => Err("it panicked".to_owned()),
            };
            Ended { instance, answer }
        });
    }
}
