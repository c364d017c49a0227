//! What is kept beside the log, under the keys that this keyring gives out.

use std::sync::Arc;

use annals_core::{
    FoundBeside, Keys, SideId, SideStore, SideStoreError, SideValue, SubjectId, SubjectKey,
};

use super::Keyring;

/// Most values that are put at once.
const AT_ONCE: usize = 64;

impl Keyring {
    /// The same, with a store for what is kept beside the log.
    #[must_use]
    pub fn with_side_store(self, beside: Arc<dyn SideStore>) -> Self {
        let beside = Some(beside);
        Self { beside, ..self }
    }

    /// True if there is a store for what is kept beside the log.
    pub fn has_side_store(&self) -> bool {
        self.beside.is_some()
    }

    /// Keeps values beside the log, durably: before the events are appended that name them.
    ///
    /// # Errors
    /// [`SideStoreError`]: each says what to do. Some values may be kept by then, which is harmless.
    pub async fn keep_beside(&self, values: &[SideValue]) -> Result<(), SideStoreError> {
        for values in values.chunks(AT_ONCE) {
            let beside = self.beside.as_ref().ok_or(SideStoreError::NoStore)?;
            beside.put(values).await?;
        }
        Ok(())
    }

    /// Looks for values beside the log, as far as these keys open them. What is found goes with the keys.
    ///
    /// # Errors
    /// [`SideStoreError`]: each says what to do.
    pub async fn look_beside(
        &self,
        keys: Keys,
        ids: impl IntoIterator<Item = SideId>,
    ) -> Result<Keys, SideStoreError> {
        let is_living =
            |id: &SideId| matches!(keys.find(id.subject.as_str()), Some(SubjectKey::Living(_)));
        let living = ids.into_iter().filter(is_living).collect();
        let found = self.find_beside(living).await?;
        Ok(keys.with_beside(found))
    }

    /// Deletes what is kept of a person beside the log, for ever. Answers how many values that were. It
    /// is noise as soon as the person was [forgotten](Self::forget).
    ///
    /// # Errors
    /// [`SideStoreError`]: it is not known whether they were deleted; ask again.
    pub async fn delete_beside(&self, subject: &SubjectId) -> Result<u64, SideStoreError> {
        match &self.beside {
            Some(beside) => beside.delete(subject).await,
            None => Ok(0),
        }
    }

    pub(super) async fn find_beside(
        &self,
        ids: Vec<SideId>,
    ) -> Result<FoundBeside, SideStoreError> {
        match &self.beside {
            Some(beside) if !ids.is_empty() => {
                let found = beside.find(&ids).await?;
                Ok(FoundBeside::new(ids.into_iter().zip(found).collect()))
            }
            _ => Ok(FoundBeside::nothing()),
        }
    }
}
