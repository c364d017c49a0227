//! Root keys are made only for a key store that has no keys yet; another is opened by its own alone.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::PathBuf;
use std::slice;

use annals_core::{DataKey, KeyStore, KeyStoreError, RootKeys, SubjectId};
use annals_keys::{MemoryKeyStore, RootKeyDirectory};
use tempfile::TempDir;

struct Service {
    place: TempDir,
    store: MemoryKeyStore,
}

impl Service {
    fn new() -> Self {
        Self {
            place: tempfile::tempdir().unwrap(),
            store: MemoryKeyStore::default(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    async fn open(&self, name: &str) -> Result<RootKeyDirectory, KeyStoreError> {
        RootKeyDirectory::open_for(self.path(name), &self.store).await
    }

    async fn make_a_key(&self, roots: &RootKeyDirectory, of: &str) -> SubjectId {
        let subject = SubjectId::new(of).unwrap();
        let key = DataKey::from_bytes([7; 32]);
        let wrapped = roots.wrap(&subject, key.id(), key.secret()).await.unwrap();
        self.store.create(&subject, wrapped).await.unwrap();
        subject
    }

    async fn assert_refuses(&self, name: &str) {
        let refused = self.open(name).await.unwrap_err();
        let is_damaged = matches!(refused, KeyStoreError::Damaged { .. });
        assert!(
            is_damaged && refused.to_string().contains(name),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn root_keys_that_are_not_found_are_not_made_anew_beside_living_keys() {
    let service = Service::new();
    let roots = service.open("roots").await.unwrap();
    let ada = service.make_a_key(&roots, "ada").await;
    service.assert_refuses("mistyped").await;
    assert!(!service.path("mistyped").exists());

    service.store.destroy(&ada).await.unwrap();
    service.open("mistyped").await.unwrap();
}

#[tokio::test]
async fn root_keys_of_another_key_store_are_refused() {
    let (service, other) = (Service::new(), Service::new());
    let roots = service.open("roots").await.unwrap();
    service.make_a_key(&roots, "ada").await;
    let others = other.path("others");
    RootKeyDirectory::open_or_make(&others).await.unwrap();
    std::fs::rename(others, service.path("others")).unwrap();
    service.assert_refuses("others").await;
    service.open("roots").await.unwrap();
}

#[tokio::test]
async fn one_key_that_does_not_unwrap_stops_nobody_else() {
    let service = Service::new();
    let roots = service.open("roots").await.unwrap();
    let ada = service.make_a_key(&roots, "ada").await;
    let root = roots.begin_rotation().await.unwrap();
    roots.finish_rotation(&root).await.unwrap();
    service.assert_refuses("roots").await;
    service.make_a_key(&roots, "bob").await;
    service.open("roots").await.unwrap();
    let found = service.store.find(slice::from_ref(&ada)).await.unwrap();
    assert!(found[0].is_some());
}

#[tokio::test]
async fn what_is_opened_as_made_before_is_not_made() {
    let service = Service::new();
    let refused = RootKeyDirectory::open(service.path("roots")).await;
    assert!(matches!(refused, Err(KeyStoreError::Damaged { .. })));
    assert!(!service.path("roots").exists());
}
