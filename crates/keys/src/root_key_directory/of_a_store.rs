//! Root keys belong to the key store that has what they wrapped.
//!
//! A directory of root keys that is not found may be a disk that is not mounted, a name that was
//! mistyped, or a machine without the directory that others share. Whoever made new root keys there would
//! seal under them, and read nothing of what was sealed before. So the key store is asked first.

use std::path::PathBuf;

use annals_core::{KeyStore, KeyStoreError, RootId, RootKeys, SubjectId, WrappedKey};

use super::RootKeyDirectory;

/// How many keys are looked at. One that unwraps is enough.
const LOOKED_AT: u32 = 16;

/// How often keys are looked at: another process may replace their root key between that and their
/// unwrapping.
const LOOKS: usize = 3;

impl RootKeyDirectory {
    /// Opens the directory of the root keys that the keys of a store are wrapped by. It is made, with a
    /// first root key, only if it is not there and the store has no living key.
    ///
    /// # Errors
    /// [`KeyStoreError`]: each says what to do. [`KeyStoreError::Damaged`] when the store has keys, and
    /// no root key here is one of theirs.
    pub async fn open_for(
        path: impl Into<PathBuf>,
        store: &dyn KeyStore,
    ) -> Result<Self, KeyStoreError> {
        if living(store).await?.is_empty() {
            return Self::open_or_make(path).await;
        }
        let roots = Self::open(path).await?;
        for _ in 0..LOOKS {
            let keys = living(store).await?;
            if keys.is_empty() || roots.unwrap_one_of(&keys).await? {
                return Ok(roots);
            }
        }
        let what =
            "none of the root keys there is one that the keys of the key store are wrapped by";
        Err(roots.files.damaged(what))
    }

    /// True if a key unwraps. One that does not is that of one person, who can be forgotten.
    async fn unwrap_one_of(&self, keys: &[(SubjectId, WrappedKey)]) -> Result<bool, KeyStoreError> {
        for (subject, key) in keys {
            match self.unwrap(subject, key).await {
                Err(KeyStoreError::Damaged { reason }) => {
                    tracing::warn!(%subject, reason, "a key does not unwrap");
                }
                unwrapped => return unwrapped.map(|_| true),
            }
        }
        Ok(false)
    }
}

/// Some of the keys that were not destroyed.
async fn living(store: &dyn KeyStore) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
    let nobodys = RootId::new("none").expect("it is a name");
    store.wrapped_otherwise(&nobodys, LOOKED_AT).await
}
