//! What is told of keys that do not unwrap, or that change all the time. Nobody tries without end.

use std::slice;
use std::sync::Arc;

use annals_core::{
    DataKey, KeyStore, KeyStoreError, Rewrapping, RootId, RootKeys, StoredKey, SubjectId,
    WrappedKey,
};
use annals_keys::{Keyring, KeyringOptions, MemoryKeyStore};
use async_trait::async_trait;

use crate::world::{World, person};

async fn reading(keyring: &Keyring) -> KeyStoreError {
    let keys = keyring.keys_for_reading(&[person("ada")]).await;
    keys.unwrap_err()
}

fn is_unavailable(error: &KeyStoreError) -> bool {
    matches!(error, KeyStoreError::Unavailable(_))
}

fn is_damaged(error: &KeyStoreError) -> bool {
    matches!(error, KeyStoreError::Damaged { .. })
}

/// What is told of a key after it was tried often.
async fn told_in_the_end(keyring: &Keyring) -> KeyStoreError {
    for _ in 1..8 {
        let error = reading(keyring).await;
        assert!(is_unavailable(&error), "{error}");
    }
    reading(keyring).await
}

#[tokio::test]
async fn a_key_that_stays_as_it_is_and_does_not_unwrap_is_damaged_in_the_end() {
    let world = World::new();
    let ada = person("ada");
    let key = DataKey::from_bytes([1; 32]);
    let wrapped = world.roots.wrap(&ada, key.id(), key.secret());
    world
        .store
        .create(&ada, wrapped.await.unwrap())
        .await
        .unwrap();
    let root = world.roots.begin_rotation().await.unwrap();
    world.roots.finish_rotation(&root).await.unwrap();
    let keyring = world.keyring();
    let told = told_in_the_end(&keyring).await;
    assert!(is_damaged(&told), "{told}");
    let told = reading(&keyring).await;
    assert!(is_damaged(&told), "{told}");
}

#[tokio::test]
async fn a_secret_that_is_kept_as_another_key_is_damaged() {
    let world = World::new();
    let ada = person("ada");
    let [kept_as, other] = [[1; 32], [2; 32]].map(DataKey::from_bytes);
    let wrapped = world.roots.wrap(&ada, kept_as.id(), other.secret()).await;
    world.store.create(&ada, wrapped.unwrap()).await.unwrap();
    let told = told_in_the_end(&world.keyring()).await;
    assert!(is_damaged(&told), "{told}");
}

#[tokio::test]
async fn what_is_never_wrapped_anew_is_unavailable_and_not_tried_without_end() {
    let world = World::new();
    let stuck = Stuck(Arc::clone(&world.store));
    let roots = Arc::clone(&world.roots);
    let stuck = Keyring::new(Arc::new(stuck), roots, KeyringOptions::default());
    let ada = person("ada");
    let written = stuck.keys_for_writing(slice::from_ref(&ada)).await;
    written.unwrap();
    world.roots.begin_rotation().await.unwrap();
    stuck.evict(&ada);
    let written = stuck.keys_for_writing(&[ada]).await.unwrap_err();
    assert!(is_unavailable(&written), "{written}");
    let rotated = stuck.rotate_root_keys(|_| {}).await.unwrap_err();
    assert!(is_unavailable(&rotated), "{rotated}");
}

/// Replaces no wrapping, and says that it did.
struct Stuck(Arc<MemoryKeyStore>);

#[async_trait]
impl KeyStore for Stuck {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        self.0.find(subjects).await
    }

    async fn create(&self, of: &SubjectId, key: WrappedKey) -> Result<StoredKey, KeyStoreError> {
        self.0.create(of, key).await
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        self.0.destroy(subject).await
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        self.0.wrapped_otherwise(root, limit).await
    }

    async fn rewrap(&self, _: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        Ok(())
    }
}
