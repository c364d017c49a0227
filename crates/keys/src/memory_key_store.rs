//! Keys in memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use annals_core::{KeyStore, KeyStoreError, Rewrapping, RootId, StoredKey, SubjectId, WrappedKey};
use async_trait::async_trait;

/// Keys that are gone with the process, for services whose events are as well, and for tests.
#[derive(Debug, Default)]
pub struct MemoryKeyStore {
    keys: Mutex<HashMap<SubjectId, StoredKey>>,
}

impl MemoryKeyStore {
    fn keys(&self) -> MutexGuard<'_, HashMap<SubjectId, StoredKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl KeyStore for MemoryKeyStore {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        let keys = self.keys();
        Ok(subjects.iter().map(|it| keys.get(it).cloned()).collect())
    }

    async fn create(
        &self,
        subject: &SubjectId,
        key: WrappedKey,
    ) -> Result<StoredKey, KeyStoreError> {
        let mut keys = self.keys();
        let kept = keys.entry(subject.clone());
        Ok(kept.or_insert(StoredKey::Living(key)).clone())
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        let before = self.keys().insert(subject.clone(), StoredKey::Destroyed);
        Ok(matches!(before, Some(StoredKey::Living(_))))
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        let keys = self.keys();
        let living = keys.iter().filter_map(|(subject, kept)| match kept {
            StoredKey::Living(key) => Some((subject.clone(), key.clone())),
            StoredKey::Destroyed => None,
        });
        let others = living.filter(|(_, key)| key.root != *root);
        Ok(others.take(limit as usize).collect())
    }

    async fn rewrap(&self, wrappings: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        let mut keys = self.keys();
        for Rewrapping {
            subject,
            before,
            key,
        } in wrappings
        {
            if let Entry::Occupied(mut kept) = keys.entry(subject)
                && let StoredKey::Living(wrapped) = kept.get_mut()
                && (&wrapped.id, &wrapped.root) == (&key.id, &before)
            {
                *wrapped = key;
            }
        }
        Ok(())
    }
}
