//! Root keys in memory.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use annals_core::{KeyId, KeyStoreError, RootId, RootKeys, SubjectId, WrappedKey};
use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::randomness::{Randomness, SystemRandomness};
use crate::root_key::{Bound, RootKey, gone};

/// Root keys that are gone with the process, for services whose events are as well, and for tests.
pub struct MemoryRootKeys {
    /// Oldest first; never empty.
    roots: Mutex<Vec<RootKey>>,
    randomness: Arc<dyn Randomness>,
}

impl MemoryRootKeys {
    /// A first root key, of the operating system's randomness.
    ///
    /// # Errors
    /// [`KeyStoreError::Unavailable`] when there is no randomness.
    pub fn new() -> Result<Self, KeyStoreError> {
        Self::with_randomness(Arc::new(SystemRandomness))
    }

    /// A first root key, of this randomness.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_randomness(randomness: Arc<dyn Randomness>) -> Result<Self, KeyStoreError> {
        let first = RootKey::after(None, &*randomness)?;
        let roots = Mutex::new(vec![first]);
        Ok(Self { roots, randomness })
    }

    fn roots(&self) -> MutexGuard<'_, Vec<RootKey>> {
        self.roots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last(roots: &[RootKey]) -> &RootKey {
    roots.last().expect("there is always a current root key")
}

#[async_trait]
impl RootKeys for MemoryRootKeys {
    async fn current(&self) -> Result<RootId, KeyStoreError> {
        Ok(last(&self.roots()).id.clone())
    }

    async fn wrap(
        &self,
        subject: &SubjectId,
        key: KeyId,
        secret: &[u8; 32],
    ) -> Result<WrappedKey, KeyStoreError> {
        let bound = Bound { subject, key };
        last(&self.roots()).wrap(bound, secret, &*self.randomness)
    }

    async fn unwrap(
        &self,
        subject: &SubjectId,
        key: &WrappedKey,
    ) -> Result<Zeroizing<[u8; 32]>, KeyStoreError> {
        let bound = Bound {
            subject,
            key: key.id,
        };
        let roots = self.roots();
        let root = roots.iter().find(|root| root.id == key.root);
        root.ok_or_else(|| gone(&key.root))?
            .unwrap(bound, &key.bytes)
    }

    async fn begin_rotation(&self) -> Result<RootId, KeyStoreError> {
        let mut roots = self.roots();
        if roots.len() == 1 {
            let next = RootKey::after(Some(&last(&roots).id), &*self.randomness)?;
            roots.push(next);
        }
        Ok(last(&roots).id.clone())
    }

    async fn finish_rotation(&self, root: &RootId) -> Result<(), KeyStoreError> {
        let mut roots = self.roots();
        if roots.iter().all(|it| it.id != *root) {
            return Err(gone(root));
        }
        roots.retain(|it| it.id >= *root);
        Ok(())
    }
}

impl fmt::Debug for MemoryRootKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRootKeys").finish_non_exhaustive()
    }
}
