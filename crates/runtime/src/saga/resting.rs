//! Instances that could not go on, and are left alone for a while: each time for longer.

use std::collections::HashMap;

use annals_core::{IdSource, InstanceId};
use tokio::time::Instant;

use crate::backoff::Backoff;

/// Most that are remembered. Beyond that, they are tried whenever they are met.
const MOST: usize = 10_000;

/// Which instances are left alone, and until when.
pub(super) struct Resting {
    backoff: Backoff,
    rests: HashMap<InstanceId, Rest>,
}

struct Rest {
    failures: u32,
    until: Instant,
}

impl Resting {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            rests: HashMap::new(),
        }
    }

    /// True while an instance is left alone.
    pub(super) fn has(&self, instance: &InstanceId) -> bool {
        let rest = self.rests.get(instance);
        rest.is_some_and(|rest| Instant::now() < rest.until)
    }

    /// It could not go on, once more.
    pub(super) fn failed(&mut self, instance: InstanceId, ids: &dyn IdSource) {
        if self.rests.len() >= MOST && !self.rests.contains_key(&instance) {
            return;
        }
        let before = self.rests.get(&instance);
        let failures = before.map_or(1, |before| before.failures.saturating_add(1));
        let until = Instant::now() + self.backoff.delay(failures, ids.next());
        self.rests.insert(instance, Rest { failures, until });
    }

    /// It goes on.
    pub(super) fn forget(&mut self, instance: &InstanceId) {
        self.rests.remove(instance);
    }
}
