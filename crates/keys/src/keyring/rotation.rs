//! How root keys are replaced.
//!
//! Old copies of the key store are everywhere: in backups, in logs of databases, in blocks of disks that
//! were never overwritten. A key that was destroyed is still in them, wrapped. It is gone for good once
//! the root key is that it was wrapped by, and that is the one thing that must truly be destroyed.
//!
//! Each step may be the last before a crash. The next root key is made before anything is wrapped by it;
//! older ones are destroyed once nothing in the store needs them. In between, both are there, and a
//! rotation that begins goes on where the other stopped.

use annals_core::{KeyStoreError, Rewrapping, RootId, StoredKey, SubjectId, WrappedKey};

use super::{Keyring, unavailable};

/// How many keys are wrapped anew in one transaction.
const BATCH: u32 = 256;

impl Keyring {
    /// Replaces the root key: makes a new one, wraps all keys by it, and destroys those before. One that
    /// was broken off is finished. Tells after each batch how many keys it wrapped until then.
    ///
    /// Keys are read, made and destroyed meanwhile as ever. It may be run by several processes at a time,
    /// which share the work then.
    ///
    /// # Errors
    /// [`KeyStoreError`]: each says what to do. No root key was destroyed, so that it can go on later. A
    /// key that does not unwrap stops it: to forget its person lets it go on.
    pub async fn rotate_root_keys(
        &self,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<RootId, KeyStoreError> {
        let begun = self.roots.begin_rotation().await?;
        tracing::info!(root = %begun, "replacing root keys");
        let mut rewrapped = 0;
        let mut before = Vec::new();
        loop {
            let root = self.roots.current().await?;
            let others = self.store.wrapped_otherwise(&root, BATCH).await?;
            if others.is_empty() {
                self.roots.finish_rotation(&root).await?;
                return Ok(root);
            }
            if others == before {
                return Err(unavailable("keys stay wrapped by an older root key"));
            }
            rewrapped += self.rewrap(&others).await?;
            before = others;
            progress(rewrapped);
        }
    }

    async fn rewrap(&self, keys: &[(SubjectId, WrappedKey)]) -> Result<u64, KeyStoreError> {
        let mut wrappings: Vec<Rewrapping> = Vec::new();
        for (subject, wrapped) in keys {
            let mut stored = StoredKey::Living(wrapped.clone());
            let key = self.open(subject, &mut stored).await?;
            wrappings.extend(self.wrapped_anew(subject, &key, &stored).await?);
        }
        let count = wrappings.len() as u64;
        self.store.rewrap(wrappings).await?;
        Ok(count)
    }
}
