//! Instances that could not go on, and are left alone for a while: each time for longer.

use std::collections::HashMap;

use annals_core::{IdSource, InstanceId};
use tokio::time::Instant;

use crate::backoff::Backoff;

/// Most that are remembered. Those beyond that rest together, with all that are not remembered.
const MOST: usize = 10_000;

/// Which instances are left alone, and until when.
pub(super) struct Resting {
    backoff: Backoff,
    rests: HashMap<InstanceId, Rest>,
    /// Of all others, if one of them failed that there was no place for.
    others: Option<Rest>,
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
            others: None,
        }
    }

    /// True while an instance is left alone.
    pub(super) fn has(&self, instance: &InstanceId) -> bool {
        let rest = self.rests.get(instance).or(self.others.as_ref());
        rest.is_some_and(Rest::lasts)
    }

    /// It could not go on, once more. False: it is one of many that rest together by now.
    pub(super) fn failed(&mut self, instance: &InstanceId, ids: &dyn IdSource) -> bool {
        if self.rests.len() >= MOST && !self.rests.contains_key(instance) {
            return self.another_failed(ids);
        }
        let rest = self.longer_than(self.rests.get(instance), ids);
        self.rests.insert(instance.clone(), rest);
        true
    }

    /// It goes on.
    pub(super) fn forget(&mut self, instance: &InstanceId) {
        if self.rests.remove(instance).is_some() {
            self.others = None;
        }
    }

    /// However many fail beside each other, it is one rest.
    fn another_failed(&mut self, ids: &dyn IdSource) -> bool {
        if self.others.as_ref().is_some_and(Rest::lasts) {
            return false;
        }
        self.others = Some(self.longer_than(self.others.as_ref(), ids));
        true
    }

    fn longer_than(&self, before: Option<&Rest>, ids: &dyn IdSource) -> Rest {
        let failures = before.map_or(1, |before| before.failures.saturating_add(1));
        let until = Instant::now() + self.backoff.delay(failures, ids.next());
        Rest { failures, until }
    }
}

impl Rest {
    fn lasts(&self) -> bool {
        Instant::now() < self.until
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
        resting.failed(&instance(), &RandomIds);
        assert!(resting.has(&instance()));
        tokio::time::advance(SECOND).await;
        assert!(!resting.has(&instance()));
        for _ in 0..2 {
            resting.failed(&instance(), &RandomIds);
        }
        tokio::time::advance(SECOND).await;
        assert!(resting.has(&instance()));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_goes_on_begins_with_the_shortest_rest_when_it_fails_again() {
        let mut resting = resting();
        for _ in 0..5 {
            resting.failed(&instance(), &RandomIds);
        }
        resting.forget(&instance());
        assert!(!resting.has(&instance()));
        resting.failed(&instance(), &RandomIds);
        tokio::time::advance(SECOND).await;
        assert!(!resting.has(&instance()));
    }

    #[tokio::test(start_paused = true)]
    async fn those_beyond_what_is_remembered_rest_together_and_are_told_of_once() {
        let mut resting = resting();
        let numbered = |number: usize| InstanceId::new(number.to_string()).unwrap();
        for number in 0..MOST {
            assert!(resting.failed(&numbered(number), &RandomIds));
        }
        assert!(!resting.has(&instance()));
        assert!(resting.failed(&numbered(MOST), &RandomIds));
        assert!(!resting.failed(&numbered(MOST + 1), &RandomIds));
        assert_eq!(resting.rests.len(), MOST);
        assert!(resting.has(&instance()));
        tokio::time::advance(SECOND).await;
        assert!(!resting.has(&instance()));
        assert!(resting.failed(&numbered(MOST), &RandomIds));
        tokio::time::advance(SECOND / 2).await;
        assert!(resting.has(&instance()), "for longer");
        resting.forget(&numbered(0));
        assert!(!resting.has(&instance()));
    }
}
