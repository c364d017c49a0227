//! The side store under test, asked in ways that end a case when there is no answer.

use std::sync::Arc;

use annals_core::{SideStore, SideStoreError, SideValue, SubjectId};

use super::Keeping;

/// The side store of one process.
pub(super) struct Subject {
    keeping: Arc<dyn Keeping>,
    pub(super) store: Arc<dyn SideStore>,
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

    pub(super) async fn put(&self, values: &[SideValue]) {
        let put = self.store.put(values).await;
        put.unwrap_or_else(|error| panic!("values were not put: {error}"));
    }

    /// Puts values that are refused, and tells of whom.
    pub(super) async fn put_refused(&self, values: &[SideValue]) -> SubjectId {
        match self.store.put(values).await {
            Err(SideStoreError::Erased(subject)) => subject,
            other => panic!("values were to be refused: {other:?}"),
        }
    }

    /// What is kept under the names of these values.
    pub(super) async fn find(&self, values: &[SideValue]) -> Vec<Option<Vec<u8>>> {
        let ids: Vec<_> = values.iter().map(|value| value.id.clone()).collect();
        let found = self.store.find(&ids).await;
        found.unwrap_or_else(|error| panic!("values were not found: {error}"))
    }

    /// True if a value is there as it was put; false if nothing is.
    pub(super) async fn has(&self, value: &SideValue) -> bool {
        match &self.find(std::slice::from_ref(value)).await[..] {
            [None] => false,
            [Some(sealed)] => {
                assert!(*sealed == value.sealed, "other bytes were kept");
                true
            }
            found => panic!("{} answers to one question", found.len()),
        }
    }

    pub(super) async fn delete(&self, name: &str) -> u64 {
        let deleted = self.store.delete(&person(name)).await;
        deleted.unwrap_or_else(|error| panic!("values were not deleted: {error}"))
    }
}

pub(super) fn person(name: &str) -> SubjectId {
    SubjectId::new(name).expect("a valid name")
}

/// A value about a person; another one for each number.
pub(super) fn value(name: &str, number: u8) -> SideValue {
    SideValue::new(person(name), vec![number, 0, 255])
}
