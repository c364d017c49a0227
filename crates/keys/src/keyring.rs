//! The keyring: whom services ask for the keys of persons.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    DataKey, KeyStore, KeyStoreError, Keys, Personal, PersonalFault, RootId, RootKeys, SideStore,
    SideStoreError, StoredKey, SubjectId, SubjectKey, Undisclosed, WrappedKey,
};
use serde::de::DeserializeOwned;

use self::doubts::Doubts;
use self::opened::OpenedKeys;
use crate::randomness::{Randomness, SystemRandomness};

mod beside;
mod creation;
mod doubts;
mod opened;
mod rotation;

/// How often something is tried again that others changed meanwhile.
const TRIES: usize = 8;

/// What there is of the keys of some persons.
type Found = BTreeMap<SubjectId, SubjectKey>;

/// Gives out the keys of persons, makes those that are missing, and destroys those that must go.
///
/// # Contract
///
/// 1. What is given out for writing is durable, stays when root keys are rotated, and is the one key
///    of its person for ever, in all processes.
/// 2. Once [`forget`](Self::forget) answered, this keyring gives the key to nobody any more. Another
///    process does so for as long as [it remembers keys](KeyringOptions::remember_for), unless it is
///    told to [`evict`](Self::evict) it.
/// 3. That a person has no key is never remembered: another process may make one.
/// 4. A key that does not unwrap is [`Unavailable`](KeyStoreError::Unavailable) at first: whoever made it
///    may be about to wrap it by the current root key. It is [`Damaged`](KeyStoreError::Damaged) once it
///    was tried in vain some more times.
///
/// # What stays in memory
///
/// Keys are wiped when they are dropped. That is: when they are evicted or give way to others, and, once
/// their time is over, as soon as the keyring is asked for any key again. A process that does nothing
/// keeps those it has used last. Not wiped are copies that the compiler makes on the stack, what keys have
/// opened, and what the system writes elsewhere: swap and core dumps, which can be turned off.
pub struct Keyring {
    store: Arc<dyn KeyStore>,
    roots: Arc<dyn RootKeys>,
    beside: Option<Arc<dyn SideStore>>,
    randomness: Arc<dyn Randomness>,
    opened: OpenedKeys,
    doubts: Doubts,
}

/// How many keys a keyring remembers, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct KeyringOptions {
    /// How many persons at most. The one whose key was not used for longest gives way.
    pub remembered: NonZeroUsize,
    /// For how long a key is used without another look at the store. So much later than the process
    /// that forgot a person the others do, if nobody tells them.
    pub remember_for: Duration,
}

impl Default for KeyringOptions {
    /// Ten thousand persons, for a minute.
    fn default() -> Self {
        Self {
            remembered: NonZeroUsize::new(10_000).expect("it is not 0"),
            remember_for: Duration::from_secs(60),
        }
    }
}

/// Why a copy of personal data was not opened.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DiscloseError {
    /// There are no keys now. **Do:** what [`KeyStoreError`] says.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// What is kept beside the log cannot be had now. **Do:** what [`SideStoreError`] says.
    #[error(transparent)]
    Beside(#[from] SideStoreError),
    /// A value does not open under the key of its person. **Do:** what [`PersonalFault`] says.
    #[error(transparent)]
    Fault(#[from] PersonalFault),
}

impl Keyring {
    /// A keyring of what is kept in a store, wrapped by root keys.
    pub fn new(
        store: Arc<dyn KeyStore>,
        roots: Arc<dyn RootKeys>,
        options: KeyringOptions,
    ) -> Self {
        Self {
            store,
            roots,
            beside: None,
            randomness: Arc::new(SystemRandomness),
            opened: OpenedKeys::new(options),
            doubts: Doubts::new(options.remembered),
        }
    }

    /// The same, with another source of new keys: for tests whose bytes are the same in every run.
    #[must_use]
    pub fn with_randomness(self, randomness: Arc<dyn Randomness>) -> Self {
        Self { randomness, ..self }
    }

    /// The keys to read what is held of these persons. Who never had a key is left out.
    ///
    /// # Errors
    /// [`KeyStoreError`]: each says what to do.
    pub async fn keys_for_reading(&self, subjects: &[SubjectId]) -> Result<Keys, KeyStoreError> {
        let found = self.find(subjects).await?;
        Ok(Keys::of(found.into_iter().collect()))
    }

    /// The keys to write something about these persons. Who has none gets one, except who was forgotten.
    ///
    /// # Errors
    /// [`KeyStoreError`]: each says what to do. Keys that were made until then stay.
    pub async fn keys_for_writing(&self, subjects: &[SubjectId]) -> Result<Keys, KeyStoreError> {
        let mut recalled = self.opened.recall(subjects);
        for subject in recalled.missing {
            let key = self.key_for_writing(&subject).await?;
            self.opened.remember(&subject, &key, recalled.at);
            recalled.known.insert(subject, key);
        }
        Ok(Keys::of(recalled.known.into_iter().collect()))
    }

    /// Destroys the key of a person: what was sealed under it is noise from now on, wherever it is.
    /// True if there was one. There never is one again.
    ///
    /// # Errors
    /// [`KeyStoreError`]: it is not known whether it was destroyed; ask again.
    pub async fn forget(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        // However this ends: it may have been destroyed though no answer came, or nobody waits for it.
        let _evicted_then = self.opened.evict_at_the_end(subject);
        self.store.destroy(subject).await
    }

    /// Those of these persons whom the store does not say to be forgotten. No key is unwrapped for that,
    /// so it does not matter whether one is damaged.
    ///
    /// # Errors
    /// [`KeyStoreError::Unavailable`]: ask again.
    pub async fn not_forgotten(
        &self,
        subjects: Vec<SubjectId>,
    ) -> Result<Vec<SubjectId>, KeyStoreError> {
        let stored = self.store.find(&subjects).await?;
        let found = subjects.into_iter().zip(stored);
        let living = found.filter(|(_, stored)| *stored != Some(StoredKey::Destroyed));
        Ok(living.map(|(subject, _)| subject).collect())
    }

    /// Looks at the store before this key is given out again: another process forgot the person.
    pub fn evict(&self, subject: &SubjectId) {
        self.opened.evict(subject);
    }

    /// Opens a copy of a personal value, as a row of a read model has it.
    ///
    /// # Errors
    /// [`DiscloseError`]: each says what to do.
    pub async fn disclose<T>(&self, value: &mut Personal<T>) -> Result<(), DiscloseError>
    where
        T: DeserializeOwned + Send,
    {
        self.disclose_all([value]).await
    }

    /// Opens copies of personal values, with one look at each store. Those of persons whose key the
    /// store never had stay sealed.
    ///
    /// # Errors
    /// [`DiscloseError`]: each says what to do. Some values may be opened by then.
    pub async fn disclose_all<'a, T>(
        &self,
        values: impl IntoIterator<Item = &'a mut Personal<T>>,
    ) -> Result<(), DiscloseError>
    where
        T: DeserializeOwned + Send + 'a,
    {
        let sealed: Vec<_> = values.into_iter().filter_map(with_subject).collect();
        let subjects: Vec<_> = sealed.iter().map(|(subject, _)| subject.clone()).collect();
        let keys = self.find(&subjects).await?;
        let is_living = |subject| matches!(keys.get(subject), Some(SubjectKey::Living(_)));
        let beside = sealed.iter().filter(|(subject, _)| is_living(subject));
        let beside = beside.filter_map(|(_, value)| value.beside().cloned());
        let found = self.find_beside(beside.collect()).await?;
        for (subject, value) in sealed {
            if let Some(key) = keys.get(&subject) {
                value.disclose(key, &found)?;
            }
        }
        Ok(())
    }

    async fn find(&self, subjects: &[SubjectId]) -> Result<Found, KeyStoreError> {
        let recalled = self.opened.recall(subjects);
        let mut found = recalled.known;
        if recalled.missing.is_empty() {
            return Ok(found);
        }
        let stored = self.store.find(&recalled.missing).await?;
        let current = self.roots.current().await?;
        for (subject, stored) in recalled.missing.into_iter().zip(stored) {
            let Some(mut stored) = stored else { continue };
            let key = self.open(&subject, &mut stored).await?;
            // Nothing may be written under one that a rotation could yet miss: see `creation`.
            if is_lasting(&stored, &current) {
                self.opened.remember(&subject, &key, recalled.at);
            }
            found.insert(subject, key);
        }
        Ok(found)
    }

    /// Opens what is stored. If its root key was destroyed since it was read, so that it is wrapped by
    /// another now, what is stored is read again. One that stays as it is and does not unwrap may be
    /// about to be wrapped anew by whoever made it, so it is not told as damaged before it was tried often.
    async fn open(
        &self,
        subject: &SubjectId,
        stored: &mut StoredKey,
    ) -> Result<SubjectKey, KeyStoreError> {
        for _ in 0..TRIES {
            let StoredKey::Living(wrapped) = &*stored else {
                return Ok(SubjectKey::Erased);
            };
            let damage = match self.unwrap(subject, wrapped).await {
                Ok(key) => return Ok(SubjectKey::Living(Arc::new(key))),
                Err(damage @ KeyStoreError::Damaged { .. }) => damage,
                Err(error) => return Err(error),
            };
            match self.find_one(subject).await? {
                Some(now) if now != *stored => *stored = now,
                _ => return Err(self.doubts.tell(subject, wrapped, damage)),
            }
        }
        Err(unsettled(subject))
    }

    async fn unwrap(
        &self,
        subject: &SubjectId,
        wrapped: &WrappedKey,
    ) -> Result<DataKey, KeyStoreError> {
        let secret = self.roots.unwrap(subject, wrapped).await?;
        let key = DataKey::from_bytes(*secret);
        if key.id() == wrapped.id {
            return Ok(key);
        }
        let reason = format!("what is kept as key {} of {subject} is another", wrapped.id);
        Err(KeyStoreError::Damaged { reason })
    }

    async fn find_one(&self, subject: &SubjectId) -> Result<Option<StoredKey>, KeyStoreError> {
        let stored = self.store.find(std::slice::from_ref(subject)).await?;
        Ok(stored.into_iter().next().flatten())
    }
}

/// True for what no rotation takes away that is under way: this was the current root key after it was
/// stored.
fn is_lasting(stored: &StoredKey, current: &RootId) -> bool {
    match stored {
        StoredKey::Living(wrapped) => wrapped.root == *current,
        StoredKey::Destroyed => true,
    }
}

/// That others changed what is stored of a person each time it was about to be used.
fn unsettled(subject: &SubjectId) -> KeyStoreError {
    unavailable(&format!("the key of {subject} is changed all the time"))
}

fn unavailable(reason: &str) -> KeyStoreError {
    KeyStoreError::Unavailable(Arc::new(std::io::Error::other(reason)))
}

/// A value that is sealed, with whom it is about.
fn with_subject<T>(value: &mut Personal<T>) -> Option<(SubjectId, &mut Personal<T>)> {
    match value.value() {
        Err(Undisclosed::Sealed(subject)) => Some((subject, value)),
        _ => None,
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}
