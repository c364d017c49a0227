//! The keys that go with an event.

use std::sync::Arc;

use super::{DataKey, SubjectId};
use crate::ids::StoreId;

/// What is at hand to read the personal data of an event, and to write it.
///
/// It is attached by whoever reads the event from a store and has a keyring, so that whoever decodes
/// the event needs to know of neither. It is no part of what was recorded: all are equal.
#[derive(Debug, Clone, Default)]
pub struct Keys(Option<Arc<AtHand>>);

#[derive(Debug)]
struct AtHand {
    store: StoreId,
    subjects: Vec<(SubjectId, SubjectKey)>,
}

/// What there is of a person's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectKey {
    /// The key.
    Living(Arc<DataKey>),
    /// It was destroyed.
    Erased,
}

impl Keys {
    /// The keys of these persons, for events of this store.
    pub fn of(store: StoreId, subjects: Vec<(SubjectId, SubjectKey)>) -> Self {
        Self(Some(Arc::new(AtHand { store, subjects })))
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The store whose events they are for.
    pub(super) fn store(&self) -> Option<StoreId> {
        self.0.as_ref().map(|at_hand| at_hand.store)
    }

    /// What there is of a person's key; `None`: nobody has looked.
    pub fn find(&self, subject: &str) -> Option<&SubjectKey> {
        let subjects = &self.0.as_ref()?.subjects;
        let found = subjects.iter().find(|(it, _)| it.as_str() == subject);
        found.map(|(_, key)| key)
    }
}

impl PartialEq for Keys {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}
