//! The keys that were opened lately.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use annals_core::{SubjectId, SubjectKey};
use hashlink::LruCache;
use tokio::time::Instant;

use super::KeyringOptions;

/// Remembers keys, for a while, and that a key was destroyed, as long as there is room.
pub(super) struct OpenedKeys {
    inner: Mutex<Inner>,
    remember_for: Duration,
}

struct Inner {
    keys: LruCache<SubjectId, Opened>,
    evictions: Evictions,
    /// When keys were last looked through for those whose time is over.
    swept: Instant,
}

struct Opened {
    key: SubjectKey,
    until: Instant,
}

/// How often keys were evicted. Who has seen another count has looked at the store before an eviction,
/// so what was found there may be what is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evictions(u64);

/// What is remembered of some persons.
pub(super) struct Recalled {
    pub(super) known: BTreeMap<SubjectId, SubjectKey>,
    /// Each once.
    pub(super) missing: Vec<SubjectId>,
    /// When that was.
    pub(super) at: Evictions,
}

/// Evicts a key when it is dropped.
pub(super) struct EvictedAtTheEnd<'a> {
    opened: &'a OpenedKeys,
    subject: &'a SubjectId,
}

impl OpenedKeys {
    pub(super) fn new(options: KeyringOptions) -> Self {
        let inner = Mutex::new(Inner {
            keys: LruCache::new(options.remembered.get()),
            evictions: Evictions(0),
            swept: Instant::now(),
        });
        let remember_for = options.remember_for;
        Self {
            inner,
            remember_for,
        }
    }

    pub(super) fn recall(&self, subjects: &[SubjectId]) -> Recalled {
        let now = Instant::now();
        let mut inner = self.inner();
        inner.sweep(now, self.remember_for);
        let mut recalled = Recalled {
            known: BTreeMap::new(),
            missing: Vec::new(),
            at: inner.evictions,
        };
        for subject in subjects.iter().collect::<BTreeSet<_>>() {
            match inner.keys.get(subject).filter(|it| it.is_fresh(now)) {
                Some(it) => {
                    recalled.known.insert(subject.clone(), it.key.clone());
                }
                None => recalled.missing.push(subject.clone()),
            }
        }
        recalled
    }

    /// Remembers what was found in the store, unless something was evicted since.
    pub(super) fn remember(&self, subject: &SubjectId, key: &SubjectKey, seen: Evictions) {
        let now = Instant::now();
        let mut inner = self.inner();
        if inner.evictions != seen {
            return;
        }
        inner.sweep(now, self.remember_for);
        let key = key.clone();
        let until = now + self.remember_for;
        inner.keys.insert(subject.clone(), Opened { key, until });
    }

    pub(super) fn evict(&self, subject: &SubjectId) {
        let mut inner = self.inner();
        inner.evictions.0 += 1;
        inner.keys.remove(subject);
    }

    pub(super) fn evict_at_the_end<'a>(&'a self, subject: &'a SubjectId) -> EvictedAtTheEnd<'a> {
        EvictedAtTheEnd {
            opened: self,
            subject,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        let inner = self.inner.lock();
        inner.expect("nothing panics while it holds the keys")
    }
}

impl Inner {
    /// Lets go of keys whose time is over, so that they do not stay in memory unused.
    fn sweep(&mut self, now: Instant, remember_for: Duration) {
        if now.duration_since(self.swept) >= remember_for {
            self.keys.retain(|_, opened| opened.is_fresh(now));
            self.swept = now;
        }
    }
}

impl Opened {
    /// A destroyed key never comes back, so that is true for ever.
    fn is_fresh(&self, now: Instant) -> bool {
        self.key == SubjectKey::Erased || now < self.until
    }
}

impl Drop for EvictedAtTheEnd<'_> {
    fn drop(&mut self) {
        self.opened.evict(self.subject);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use annals_core::DataKey;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn keys_whose_time_is_over_do_not_stay_in_memory() {
        let opened = OpenedKeys::new(KeyringOptions::default());
        let living = SubjectKey::Living(Arc::new(DataKey::from_bytes([1; 32])));
        let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| SubjectId::new(name).unwrap());
        opened.remember(&ada, &living, Evictions(0));
        opened.remember(&bob, &SubjectKey::Erased, Evictions(0));
        advance(opened.remember_for).await;
        opened.remember(&eve, &living, Evictions(0));
        assert_eq!(kept(&opened), BTreeSet::from([bob.clone(), eve]));
        advance(opened.remember_for).await;
        opened.recall(&[ada]);
        assert_eq!(kept(&opened), BTreeSet::from([bob]));
    }

    fn kept(opened: &OpenedKeys) -> BTreeSet<SubjectId> {
        let inner = opened.inner();
        inner.keys.iter().map(|(who, _)| who.clone()).collect()
    }
}
