//! A key store that outlives the processes on it, and can be put back to an earlier time.

use std::sync::{Arc, Mutex};

use annals::keys::{Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys};
use annals::{
    KeyStore, KeyStoreError, Rewrapping, RootId, RootKeys, StoredKey, SubjectId, WrappedKey,
};
use async_trait::async_trait;

#[derive(Clone)]
pub(crate) struct KeptKeys {
    store: Arc<Mutex<Arc<MemoryKeyStore>>>,
    roots: Arc<dyn RootKeys>,
}

impl KeptKeys {
    pub(crate) fn new() -> Self {
        Self {
            store: Arc::default(),
            roots: Arc::new(MemoryRootKeys::new().unwrap()),
        }
    }

    /// The keyring of one more process.
    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        self.keyring_on(Arc::new(self.clone()))
    }

    /// The keyring of one more process, which reaches the keys by another way.
    pub(crate) fn keyring_on(&self, store: Arc<dyn KeyStore>) -> Arc<Keyring> {
        let roots = Arc::clone(&self.roots);
        Arc::new(Keyring::new(store, roots, KeyringOptions::default()))
    }

    /// What is kept now of a person, to be put back later.
    pub(crate) async fn back_up(&self, subject: &SubjectId) -> WrappedKey {
        match self
            .find(std::slice::from_ref(subject))
            .await
            .unwrap()
            .pop()
        {
            Some(Some(StoredKey::Living(key))) => key,
            other => panic!("no living key of {subject}: {other:?}"),
        }
    }

    /// All is as it was in a copy with one key.
    pub(crate) async fn put_back(&self, subject: &SubjectId, key: WrappedKey) {
        let copy = MemoryKeyStore::default();
        copy.create(subject, key).await.unwrap();
        *self.store.lock().unwrap() = Arc::new(copy);
    }

    fn store(&self) -> Arc<MemoryKeyStore> {
        Arc::clone(&self.store.lock().unwrap())
    }
}

#[async_trait]
impl KeyStore for KeptKeys {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        self.store().find(subjects).await
    }

    async fn create(
        &self,
        subject: &SubjectId,
        key: WrappedKey,
    ) -> Result<StoredKey, KeyStoreError> {
        self.store().create(subject, key).await
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        self.store().destroy(subject).await
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        self.store().wrapped_otherwise(root, limit).await
    }

    async fn rewrap(&self, keys: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        self.store().rewrap(keys).await
    }
}
