//! The keys that go with an event.

use std::sync::Arc;

use super::{DataKey, FoundBeside, SubjectId};

/// What is at hand to read the personal data of an event, and to write it.
///
/// It is attached by whoever reads the event from a store and has a keyring, so that whoever decodes
/// the event needs to know of neither. It is no part of what was recorded: all are equal.
#[derive(Debug, Clone, Default)]
pub struct Keys(Option<Arc<AtHand>>);

#[derive(Debug)]
struct AtHand {
    subjects: Vec<(SubjectId, SubjectKey)>,
    beside: FoundBeside,
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
    /// The keys of these persons.
    pub fn of(subjects: Vec<(SubjectId, SubjectKey)>) -> Self {
        Self(Some(Arc::new(AtHand {
            subjects,
            beside: FoundBeside::nothing(),
        })))
    }

    /// The same, with what was found beside the log.
    #[must_use]
    pub fn with_beside(self, beside: FoundBeside) -> Self {
        Self(self.0.map(|at_hand| {
            Arc::new(AtHand {
                subjects: at_hand.subjects.clone(),
                beside,
            })
        }))
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What was found beside the log.
    pub(super) fn beside(&self) -> &FoundBeside {
        static NOTHING: FoundBeside = FoundBeside::nothing();
        self.0.as_ref().map_or(&NOTHING, |at_hand| &at_hand.beside)
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
