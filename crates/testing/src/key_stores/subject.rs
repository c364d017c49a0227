//! The key store under test, asked in ways that end a case when there is no answer.

use std::sync::Arc;

use annals_core::{KeyId, KeyStore, Rewrapping, RootId, StoredKey, SubjectId, WrappedKey};
use uuid::Uuid;

use super::Keeping;

/// The key store of one process.
pub(super) struct Subject {
    keeping: Arc<dyn Keeping>,
    pub(super) store: Arc<dyn KeyStore>,
}

impl Subject {
    pub(super) async fn open(keeping: Arc<dyn Keeping>) -> Self {
        let store = keeping.open().await;
        Self { keeping, store }
    }

    /// The same, as another process sees it.
    pub(super) async fn reopened(&self) -> Self {
        Self::open(Arc::clone(&self.keeping)).await
    }

    pub(super) async fn find(&self, name: &str) -> Option<StoredKey> {
        let found = self.find_all(&[name]).await;
        found.into_iter().next().expect("an answer for each person")
    }

    pub(super) async fn find_all(&self, names: &[&str]) -> Vec<Option<StoredKey>> {
        let subjects: Vec<_> = names.iter().map(|name| person(name)).collect();
        let found = self.store.find(&subjects).await;
        found.unwrap_or_else(|error| panic!("keys were not found: {error}"))
    }

    pub(super) async fn create(&self, name: &str, key: WrappedKey) -> StoredKey {
        let created = self.store.create(&person(name), key).await;
        created.unwrap_or_else(|error| panic!("a key was not created: {error}"))
    }

    pub(super) async fn destroy(&self, name: &str) -> bool {
        let destroyed = self.store.destroy(&person(name)).await;
        destroyed.unwrap_or_else(|error| panic!("a key was not destroyed: {error}"))
    }

    /// Replaces the wrapping of a person's key by a root key of this name.
    pub(super) async fn rewrap(&self, name: &str, before: &str, key: WrappedKey) {
        let wrapping = Rewrapping {
            subject: person(name),
            before: root(before),
            key,
        };
        let rewrapped = self.store.rewrap(vec![wrapping]).await;
        rewrapped.unwrap_or_else(|error| panic!("a key was not wrapped anew: {error}"));
    }

    /// Whose keys are wrapped by another root key than this, in the order of their names.
    pub(super) async fn wrapped_otherwise(
        &self,
        than: &str,
        limit: u32,
    ) -> Vec<(SubjectId, WrappedKey)> {
        let others = self.store.wrapped_otherwise(&root(than), limit).await;
        let mut others = others.unwrap_or_else(|error| panic!("no keys were told: {error}"));
        others.sort_by(|(one, _), (other, _)| one.cmp(other));
        others
    }
}

pub(super) fn person(name: &str) -> SubjectId {
    SubjectId::new(name).expect("a valid name")
}

pub(super) fn root(name: &str) -> RootId {
    RootId::new(name).expect("a valid name")
}

/// The key of this number, wrapped by a root key.
pub(super) fn key(number: u8, by: &str) -> WrappedKey {
    WrappedKey {
        id: KeyId(Uuid::from_u128(number.into())),
        root: root(by),
        bytes: [&[number, 0, 255], by.as_bytes()].concat(),
    }
}

pub(super) fn living(key: WrappedKey) -> Option<StoredKey> {
    Some(StoredKey::Living(key))
}
