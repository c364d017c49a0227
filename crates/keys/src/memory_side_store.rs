//! Values beside the log, in memory.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use annals_core::{SideId, SideStore, SideStoreError, SideValue, SubjectId};
use async_trait::async_trait;

/// Values that are gone with the process, for services whose events are as well, and for tests.
#[derive(Debug, Default)]
pub struct MemorySideStore {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    values: HashMap<SideId, Vec<u8>>,
    erased: HashSet<SubjectId>,
}

impl MemorySideStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SideStore for MemorySideStore {
    async fn put(&self, values: &[SideValue]) -> Result<(), SideStoreError> {
        let mut kept = self.kept();
        let mut subjects = values.iter().map(|value| &value.id.subject);
        if let Some(subject) = subjects.find(|subject| kept.erased.contains(subject)) {
            return Err(SideStoreError::Erased(subject.clone()));
        }
        let values = values.iter().cloned();
        kept.values
            .extend(values.map(|value| (value.id, value.sealed)));
        Ok(())
    }

    async fn find(&self, ids: &[SideId]) -> Result<Vec<Option<Vec<u8>>>, SideStoreError> {
        let kept = self.kept();
        Ok(ids.iter().map(|id| kept.values.get(id).cloned()).collect())
    }

    async fn delete(&self, subject: &SubjectId) -> Result<u64, SideStoreError> {
        let mut kept = self.kept();
        kept.erased.insert(subject.clone());
        let before = kept.values.len();
        kept.values.retain(|id, _| id.subject != *subject);
        Ok((before - kept.values.len()) as u64)
    }
}
