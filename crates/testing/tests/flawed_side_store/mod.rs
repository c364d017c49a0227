//! A side store in memory, with a flaw.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use annals_core::{SideId, SideStore, SideStoreError, SideValue, SubjectId};
use annals_testing::side_stores::Keeping;
use async_trait::async_trait;

/// What is wrong with a side store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    FindsInAnotherOrder,
    CutsLargeValues,
    FindsByHashAlone,
    KeepsForOneProcess,
    CountsRepetitions,
    PutsUntilRefused,
    DeletesAllButOne,
    DeletesByPrefix,
    CountsNothing,
    ForgetsThatItDeleted,
    NotesOnlyWhoHadValues,
    DropsInSilence,
}

#[derive(Default)]
struct Kept {
    values: Vec<SideValue>,
    erased: BTreeSet<SubjectId>,
}

/// What the processes share that use it.
pub(crate) struct Processes {
    kept: Arc<Mutex<Kept>>,
    flaw: Flaw,
}

impl Processes {
    pub(crate) fn with(flaw: Flaw) -> Self {
        let kept = Arc::default();
        Self { kept, flaw }
    }
}

#[async_trait]
impl Keeping for Processes {
    async fn open(&self) -> Arc<dyn SideStore> {
        let kept = match self.flaw {
            Flaw::KeepsForOneProcess => Arc::default(),
            _ => Arc::clone(&self.kept),
        };
        let flaw = self.flaw;
        Arc::new(FlawedSideStore { kept, flaw })
    }
}

struct FlawedSideStore {
    kept: Arc<Mutex<Kept>>,
    flaw: Flaw,
}

impl FlawedSideStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        let kept = self.kept.lock();
        kept.expect("nothing panics while it holds them")
    }

    fn is_sought(&self, value: &SideValue, id: &SideId) -> bool {
        match self.flaw {
            Flaw::FindsByHashAlone => value.id.hash == id.hash,
            _ => value.id == *id,
        }
    }

    fn is_of(&self, value: &SideValue, subject: &SubjectId) -> bool {
        match self.flaw {
            Flaw::DeletesByPrefix => value.id.subject.as_str().starts_with(subject.as_str()),
            _ => value.id.subject == *subject,
        }
    }

    fn keep(&self, kept: &mut Kept, value: &SideValue) {
        let mut value = value.clone();
        if self.flaw == Flaw::CutsLargeValues {
            value.sealed.truncate(64 * 1024);
        }
        let is_there = kept.values.iter().any(|it| it.id == value.id);
        if !is_there || self.flaw == Flaw::CountsRepetitions {
            kept.values.push(value);
        }
    }
}

#[async_trait]
impl SideStore for FlawedSideStore {
    async fn put(&self, values: &[SideValue]) -> Result<(), SideStoreError> {
        let mut kept = self.kept();
        let refused = values
            .iter()
            .position(|it| kept.erased.contains(&it.id.subject));
        let puts = match (refused, self.flaw) {
            (None, _) => values.len(),
            (Some(refused), Flaw::PutsUntilRefused) => refused,
            (Some(_), _) => 0,
        };
        for value in &values[..puts] {
            self.keep(&mut kept, value);
        }
        match refused {
            Some(refused) if self.flaw != Flaw::DropsInSilence => {
                Err(SideStoreError::Erased(values[refused].id.subject.clone()))
            }
            _ => Ok(()),
        }
    }

    async fn find(&self, ids: &[SideId]) -> Result<Vec<Option<Vec<u8>>>, SideStoreError> {
        let kept = self.kept();
        let mut ids = ids.to_vec();
        if self.flaw == Flaw::FindsInAnotherOrder {
            ids.sort();
        }
        let find = |id| kept.values.iter().find(|value| self.is_sought(value, id));
        let found = ids
            .iter()
            .map(|id| find(id).map(|value| value.sealed.clone()));
        Ok(found.collect())
    }

    async fn delete(&self, subject: &SubjectId) -> Result<u64, SideStoreError> {
        let mut kept = self.kept();
        let before = kept.values.len();
        let mut spares = self.flaw == Flaw::DeletesAllButOne;
        kept.values.retain(|value| {
            let is_spared = self.is_of(value, subject) && std::mem::take(&mut spares);
            is_spared || !self.is_of(value, subject)
        });
        let deleted = before - kept.values.len();
        let is_noted = match self.flaw {
            Flaw::ForgetsThatItDeleted => false,
            Flaw::NotesOnlyWhoHadValues => deleted > 0,
            _ => true,
        };
        if is_noted {
            kept.erased.insert(subject.clone());
        }
        Ok(if self.flaw == Flaw::CountsNothing {
            0
        } else {
            deleted as u64
        })
    }
}
