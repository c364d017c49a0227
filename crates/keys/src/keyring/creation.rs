//! How the key of a person comes about.
//!
//! While a process makes a key, another may replace the root keys: it may have looked through the store
//! just before the new key got there, and destroy the root key that it is wrapped by. So nothing is
//! sealed under a key until its root key was seen to be the current one *after* it was stored. Whoever
//! rotates makes the next root key first and looks through the store after that, and so finds it. A key
//! that is wrapped by an older one is wrapped anew by whoever comes by it to write, its maker or not.

use std::sync::Arc;

use annals_core::{DataKey, KeyStoreError, Rewrapping, RootId, StoredKey, SubjectId, SubjectKey};

use super::{Keyring, TRIES, is_lasting, unsettled};
use crate::randomness::random;

impl Keyring {
    /// The key of a person to write under, made if there is none.
    pub(super) async fn key_for_writing(
        &self,
        subject: &SubjectId,
    ) -> Result<SubjectKey, KeyStoreError> {
        let mut made = None;
        for _ in 0..TRIES {
            let mut stored = match self.find_one(subject).await? {
                Some(stored) => stored,
                None => self.create(subject, &mut made).await?,
            };
            let key = match made.as_ref().filter(|made| is_of(made, &stored)) {
                Some(made) => SubjectKey::Living(Arc::clone(made)),
                None => self.open(subject, &mut stored).await?,
            };
            if is_lasting(&stored, &self.roots.current().await?) {
                return Ok(key);
            }
            let wrapping = self.wrapped_anew(subject, &key, &stored).await?;
            self.store.rewrap(wrapping.into_iter().collect()).await?;
        }
        Err(unsettled(subject))
    }

    /// Makes a key, and stores it unless one is there. Answers what is stored then.
    async fn create(
        &self,
        subject: &SubjectId,
        made: &mut Option<Arc<DataKey>>,
    ) -> Result<StoredKey, KeyStoreError> {
        let key = Arc::new(DataKey::from_bytes(*random(&*self.randomness)?));
        let wrapped = self.roots.wrap(subject, key.id(), key.secret()).await?;
        *made = Some(key);
        self.store.create(subject, wrapped).await
    }

    /// The wrapping of a living key by the current root key.
    pub(super) async fn wrapped_anew(
        &self,
        subject: &SubjectId,
        key: &SubjectKey,
        stored: &StoredKey,
    ) -> Result<Option<Rewrapping>, KeyStoreError> {
        let (SubjectKey::Living(key), StoredKey::Living(wrapped)) = (key, stored) else {
            return Ok(None);
        };
        Ok(Some(Rewrapping {
            subject: subject.clone(),
            before: RootId::clone(&wrapped.root),
            key: self.roots.wrap(subject, key.id(), key.secret()).await?,
        }))
    }
}

fn is_of(key: &DataKey, stored: &StoredKey) -> bool {
    matches!(stored, StoredKey::Living(wrapped) if wrapped.id == key.id())
}
