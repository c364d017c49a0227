//! Which event types tell something about persons, so far as a service has declared them.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use annals_core::{Event, EventType, InvalidName, RecordedEvent, SubjectId, events_of};

/// The event types with personal fields among those that are declared.
///
/// An event that was stored before its fields were personal carries no tag of whom it is about. Its
/// type tells that.
#[derive(Clone, Default)]
pub struct PersonalEvents {
    /// By the names they are stored under. Several types may read one name.
    readers: BTreeMap<&'static str, HashMap<TypeId, ReadSubjects>>,
}

type ReadSubjects = fn(&RecordedEvent) -> Vec<String>;

impl PersonalEvents {
    /// Those of one more type of events.
    pub fn declare<E: Event>(&mut self) {
        for name in personal_names::<E>() {
            let readers = self.readers.entry(name).or_default();
            readers.insert(TypeId::of::<E>(), subjects_of::<E>);
        }
    }

    /// True if no event type has personal fields.
    pub fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    /// The names they are stored under.
    ///
    /// # Errors
    /// [`InvalidName`] when one can be no event type.
    pub fn types(&self) -> Result<Vec<EventType>, InvalidName> {
        self.readers.keys().map(EventType::new).collect()
    }

    /// Whom an event of one of them is about. It says nothing of one that cannot be read.
    pub(crate) fn subjects_of(&self, event: &RecordedEvent) -> Vec<SubjectId> {
        let readers = self.readers.get(event.event_type.as_str());
        let readers = readers.into_iter().flat_map(HashMap::values);
        let subjects = readers.flat_map(|read| read(event));
        subjects.filter_map(|it| SubjectId::new(it).ok()).collect()
    }

    /// True if an event of this name may have personal fields.
    pub(crate) fn has(&self, event_type: &EventType) -> bool {
        self.readers.contains_key(event_type.as_str())
    }
}

/// The names that events with personal fields are stored under. What a retired one is read as is not
/// known before it is read.
fn personal_names<E: Event>() -> impl Iterator<Item = &'static str> {
    let personal = E::SCHEMAS.iter().filter(|it| !it.personal.is_empty());
    let retired = E::RETIRED
        .iter()
        .filter(|_| personal.clone().next().is_some());
    let written = personal.clone().map(|schema| schema.name);
    let aliases = personal.clone().flat_map(|schema| schema.aliases).copied();
    let retired: Vec<_> = retired.map(|retired| retired.name).collect();
    written.chain(aliases).chain(retired)
}

fn subjects_of<E: Event>(event: &RecordedEvent) -> Vec<String> {
    let events = events_of::<E>(event).unwrap_or_default();
    events.iter().flat_map(Event::subjects).collect()
}

impl fmt::Debug for PersonalEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.readers.keys()).finish()
    }
}
