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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use annals_core::RandomIds;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn instance() -> InstanceId {
        InstanceId::new("t1").unwrap()
    }

    fn resting() -> Resting {
        Resting::new(Backoff {
            first: SECOND,
            most: 8 * SECOND,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_fails_again_rests_for_longer() {
        let mut resting = resting();
        resting.failed(instance(), &RandomIds);
        assert!(resting.has(&instance()));
        tokio::time::advance(SECOND).await;
        assert!(!resting.has(&instance()));
        for _ in 0..2 {
            resting.failed(instance(), &RandomIds);
        }
        tokio::time::advance(SECOND).await;
        assert!(resting.has(&instance()));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_goes_on_begins_with_the_shortest_rest_when_it_fails_again() {
        let mut resting = resting();
        for _ in 0..5 {
            resting.failed(instance(), &RandomIds);
        }
        resting.forget(&instance());
        assert!(!resting.has(&instance()));
        resting.failed(instance(), &RandomIds);
        tokio::time::advance(SECOND).await;
        assert!(!resting.has(&instance()));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_remembered_than_there_is_a_bound_for() {
        let mut resting = resting();
        for number in 0..=MOST {
            let instance = InstanceId::new(number.to_string()).unwrap();
            resting.failed(instance, &RandomIds);
        }
        assert_eq!(resting.rests.len(), MOST);
    }
}
