//! What the database of keys promises: the suites that every key store and every side store runs, and what
//! is its own.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use annals_core::{
    KeyId, KeyStore, KeyStoreError, Rewrapping, RootId, SideStore, SideValue, SubjectId, WrappedKey,
};
use annals_sqlite::KeyDatabase;
use annals_testing::key_stores::Keeping;
use annals_testing::side_stores;
use async_trait::async_trait;
use tempfile::TempDir;
use uuid::Uuid;

/// A file of its own.
struct InFile(TempDir);

impl InFile {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("keys.db")
    }

    /// True if a text is anywhere in its directory.
    fn shows(&self, mark: &str) -> bool {
        let files = fs::read_dir(self.0.path()).unwrap();
        let mut contents = files.map(|file| fs::read(file.unwrap().path()).unwrap());
        contents.any(|bytes| {
            bytes
                .windows(mark.len())
                .any(|part| part == mark.as_bytes())
        })
    }
}

#[async_trait]
impl Keeping for InFile {
    async fn open(&self) -> Arc<dyn KeyStore> {
        Arc::new(KeyDatabase::open(self.path()).await.unwrap())
    }
}

#[async_trait]
impl side_stores::Keeping for InFile {
    async fn open(&self) -> Arc<dyn SideStore> {
        Arc::new(KeyDatabase::open(self.path()).await.unwrap())
    }
}

annals_testing::key_stores_suite!(InFile::new());
annals_testing::side_stores_suite!(InFile::new());

/// A key that is known again wherever its bytes are.
fn key(mark: &str, root: &str) -> WrappedKey {
    WrappedKey {
        id: KeyId(Uuid::from_u128(1)),
        root: RootId::new(root).unwrap(),
        bytes: mark.repeat(8).into_bytes(),
    }
}

#[tokio::test]
async fn what_was_replaced_or_destroyed_is_nowhere_in_its_directory() {
    let place = InFile::new();
    let keys = place.open().await;
    let [ada, bob] = ["ada", "bob"].map(|name| SubjectId::new(name).unwrap());
    keys.create(&ada, key("ada's key", "first")).await.unwrap();
    keys.create(&bob, key("bob's key", "first")).await.unwrap();
    let shows = |mark: &str| place.shows(mark);
    assert!(shows("ada's key") && shows("bob's key"));

    keys.destroy(&ada).await.unwrap();
    let wrapping = Rewrapping {
        subject: bob,
        before: RootId::new("first").unwrap(),
        key: key("bob's other", "second"),
    };
    keys.rewrap(vec![wrapping]).await.unwrap();
    assert!(shows("bob's other"));
    assert!(!shows("ada's key") && !shows("bob's key"));
}

#[tokio::test]
async fn a_value_that_was_deleted_is_nowhere_in_its_directory() {
    let place = InFile::new();
    let values = KeyDatabase::open(place.path()).await.unwrap();
    // One in a page of its row, and one in pages of its own.
    let [ada, bob] = ["ada", "bob"].map(|name| SubjectId::new(name).unwrap());
    for (subject, marked) in [(&ada, "ada's value"), (&bob, "bob's value")] {
        for times in [1, 10_000] {
            let value = SideValue::new(subject.clone(), marked.repeat(times).into_bytes());
            values.put(&[value]).await.unwrap();
        }
    }
    assert!(place.shows("ada's value") && place.shows("bob's value"));
    assert_eq!(values.delete(&ada).await.unwrap(), 2);
    assert!(!place.shows("ada's value") && place.shows("bob's value"));
}

#[tokio::test]
async fn what_is_no_database_is_told_as_damaged_and_left_as_it_is() {
    let place = InFile::new();
    let content = b"the quick brown fox jumps over the lazy dog".repeat(100);
    fs::write(place.path(), &content).unwrap();
    let refusal = KeyDatabase::open(place.path()).await.unwrap_err();
    assert!(
        matches!(refusal, KeyStoreError::Damaged { .. }),
        "{refusal}"
    );
    assert_eq!(fs::read(place.path()).unwrap(), content);
}
