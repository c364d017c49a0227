//! A key store in memory, with a flaw.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use annals_core::{KeyStore, KeyStoreError, Rewrapping, RootId, StoredKey, SubjectId, WrappedKey};
use annals_testing::key_stores::Keeping;
use async_trait::async_trait;

/// What is wrong with a key store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFlaw {
    None,
    TheLastOneStays,
    AnswersWhatItWasGiven,
    FindsInAnotherOrder,
    KeepsForOneProcess,
    ForgetsThatItDestroyed,
    DestroysOnlyWhatIsThere,
    RewrapsWhatWasDestroyed,
    RewrapsWhateverIsThere,
    NeverRewraps,
    TellsAll,
    TellsThoseOfTheRoot,
}

type Kept = BTreeMap<SubjectId, StoredKey>;

/// What the processes share that use it.
pub(crate) struct Processes {
    kept: Arc<Mutex<Kept>>,
    flaw: KeyFlaw,
}

impl Processes {
    pub(crate) fn with(flaw: KeyFlaw) -> Self {
        let kept = Arc::default();
        Self { kept, flaw }
    }
}

#[async_trait]
impl Keeping for Processes {
    async fn open(&self) -> Arc<dyn KeyStore> {
        let kept = match self.flaw {
            KeyFlaw::KeepsForOneProcess => Arc::default(),
            _ => Arc::clone(&self.kept),
        };
        let flaw = self.flaw;
        Arc::new(FlawedKeys { kept, flaw })
    }
}

struct FlawedKeys {
    kept: Arc<Mutex<Kept>>,
    flaw: KeyFlaw,
}

impl FlawedKeys {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nothing panics while it holds it")
    }

    fn may_replace(&self, kept: &StoredKey, wrapping: &Rewrapping) -> bool {
        match (self.flaw, kept) {
            (KeyFlaw::NeverRewraps, _) => false,
            (KeyFlaw::RewrapsWhatWasDestroyed, StoredKey::Destroyed) => true,
            (KeyFlaw::RewrapsWhateverIsThere, StoredKey::Living(_)) => true,
            (_, StoredKey::Destroyed) => false,
            (_, StoredKey::Living(key)) => {
                (&key.id, &key.root) == (&wrapping.key.id, &wrapping.before)
            }
        }
    }
}

#[async_trait]
impl KeyStore for FlawedKeys {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        let kept = self.kept();
        let mut subjects = subjects.to_vec();
        if self.flaw == KeyFlaw::FindsInAnotherOrder {
            subjects.sort();
        }
        Ok(subjects.iter().map(|it| kept.get(it).cloned()).collect())
    }

    async fn create(
        &self,
        subject: &SubjectId,
        key: WrappedKey,
    ) -> Result<StoredKey, KeyStoreError> {
        let mut kept = self.kept();
        let given = StoredKey::Living(key);
        let there = kept.entry(subject.clone()).or_insert(given.clone());
        match self.flaw {
            KeyFlaw::TheLastOneStays => {
                *there = given;
                Ok(there.clone())
            }
            KeyFlaw::AnswersWhatItWasGiven => Ok(given),
            _ => Ok(there.clone()),
        }
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        let mut kept = self.kept();
        let before = kept.remove(subject);
        let is_noted = match self.flaw {
            KeyFlaw::ForgetsThatItDestroyed => false,
            KeyFlaw::DestroysOnlyWhatIsThere => before.is_some(),
            _ => true,
        };
        if is_noted {
            kept.insert(subject.clone(), StoredKey::Destroyed);
        }
        Ok(matches!(before, Some(StoredKey::Living(_))))
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        let limit = match self.flaw {
            KeyFlaw::TellsAll => usize::MAX,
            _ => limit as usize,
        };
        let kept = self.kept();
        let living = kept.iter().filter_map(|(subject, kept)| match kept {
            StoredKey::Living(key) => Some((subject.clone(), key.clone())),
            StoredKey::Destroyed => None,
        });
        let tells =
            |key: &WrappedKey| key.root != *root || self.flaw == KeyFlaw::TellsThoseOfTheRoot;
        Ok(living.filter(|(_, key)| tells(key)).take(limit).collect())
    }

    async fn rewrap(&self, wrappings: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        let mut kept = self.kept();
        for wrapping in wrappings {
            if let Some(there) = kept.get_mut(&wrapping.subject)
                && self.may_replace(there, &wrapping)
            {
                *there = StoredKey::Living(wrapping.key);
            }
        }
        Ok(())
    }
}
