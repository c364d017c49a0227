//! When a key is damaged that does not unwrap.
//!
//! Whoever makes a key while root keys are replaced stores it wrapped by the older root key first, and by
//! the current one next. If a whole rotation goes by in between, others find a key that does not unwrap,
//! and have not to wait for long until it does. So it is told as damaged only once it was tried often.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use annals_core::{KeyStoreError, SubjectId, WrappedKey};
use hashlink::LruCache;

use super::{TRIES, unavailable};

/// Keys that did not unwrap lately.
pub(super) struct Doubts(Mutex<LruCache<SubjectId, Doubt>>);

struct Doubt {
    wrapped: WrappedKey,
    tries: usize,
}

impl Doubts {
    pub(super) fn new(most: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(most.get())))
    }

    /// What to tell of a key that does not unwrap.
    pub(super) fn tell(
        &self,
        subject: &SubjectId,
        wrapped: &WrappedKey,
        damage: KeyStoreError,
    ) -> KeyStoreError {
        match self.tries(subject, wrapped) {
            0..TRIES => unavailable(&damage.to_string()),
            _ => damage,
        }
    }

    /// How often this wrapping was tried in vain, this time included.
    fn tries(&self, subject: &SubjectId, wrapped: &WrappedKey) -> usize {
        let mut doubts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = doubts.get(subject).filter(|it| it.wrapped == *wrapped);
        let tries = before.map_or(0, |it| it.tries).saturating_add(1);
        let wrapped = wrapped.clone();
        doubts.insert(subject.clone(), Doubt { wrapped, tries });
        tries
    }
}
