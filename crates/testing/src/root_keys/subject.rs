//! The root keys under test, asked in ways that end a case when there is no answer.

use std::sync::Arc;

use annals_core::{KeyId, KeyStoreError, RootId, RootKeys, SubjectId, WrappedKey};
use uuid::Uuid;

use super::Holding;

/// The secret that is wrapped.
pub(super) const SECRET: [u8; 32] = *b"a secret of thirty-two bytes !!!";

/// The root keys of one process.
pub(super) struct Subject {
    holding: Arc<dyn Holding>,
    roots: Arc<dyn RootKeys>,
}

impl Subject {
    pub(super) async fn open(holding: Arc<dyn Holding>) -> Self {
        let roots = holding.open().await;
        Self { holding, roots }
    }

    /// The same, as another process sees them.
    pub(super) async fn reopened(&self) -> Self {
        Self::open(Arc::clone(&self.holding)).await
    }

    pub(super) async fn current(&self) -> RootId {
        let current = self.roots.current().await;
        current.unwrap_or_else(|error| panic!("no current root key: {error}"))
    }

    /// The secret, wrapped for a person.
    pub(super) async fn wrap(&self, name: &str) -> WrappedKey {
        let wrapped = self.roots.wrap(&person(name), key(1), &SECRET).await;
        wrapped.unwrap_or_else(|error| panic!("not wrapped: {error}"))
    }

    /// True if it unwraps as the secret; not so if it is said to be damaged.
    pub(super) async fn unwraps(&self, name: &str, wrapped: &WrappedKey) -> bool {
        match self.roots.unwrap(&person(name), wrapped).await {
            Ok(secret) => {
                assert_eq!(*secret, SECRET);
                true
            }
            Err(KeyStoreError::Damaged { .. }) => false,
            Err(error) => panic!("neither unwrapped nor damaged: {error}"),
        }
    }

    pub(super) async fn begin_rotation(&self) -> RootId {
        let begun = self.roots.begin_rotation().await;
        begun.unwrap_or_else(|error| panic!("no rotation was begun: {error}"))
    }

    pub(super) async fn finish_rotation(&self, root: &RootId) {
        let finished = self.roots.finish_rotation(root).await;
        finished.unwrap_or_else(|error| panic!("a rotation was not finished: {error}"));
    }
}

fn person(name: &str) -> SubjectId {
    SubjectId::new(name).expect("a valid name")
}

pub(super) fn key(number: u128) -> KeyId {
    KeyId(Uuid::from_u128(number))
}
