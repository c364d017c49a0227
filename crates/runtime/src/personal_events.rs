//! Which event types tell something about persons, so far as a service has declared them.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use annals_core::{
    DecodeError, Event, EventType, InvalidName, RecordedEvent, SubjectId, events_of, tagged_subject,
};

/// The event types with personal fields among those that are declared.
///
/// A field that was stored before it was personal left no tag of whom it is about. The type of its event
/// tells that.
#[derive(Clone, Default)]
pub struct PersonalEvents {
    /// By the names they are stored under. Several types may read one name.
    readers: BTreeMap<&'static str, Readers>,
}

/// Those who read events of one name.
#[derive(Clone, Default)]
struct Readers {
    read: HashMap<TypeId, ReadSubjects>,
    /// Most personal fields that one of them knows of.
    fields: usize,
}

type ReadSubjects = fn(&RecordedEvent) -> Result<Vec<String>, DecodeError>;

/// Whom an event is about.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// By its tags.
    pub(crate) tagged: Vec<SubjectId>,
    /// By fields that were stored before they were personal, and by no tag.
    pub(crate) untagged: Vec<SubjectId>,
    /// True if it cannot be read, so that it may be about others as well.
    pub(crate) is_unread: bool,
}

impl PersonalEvents {
    /// Those of one more type of events.
    pub fn declare<E: Event>(&mut self) {
        let personal = E::SCHEMAS.iter().map(|schema| schema.personal.len());
        let fields = personal.max().unwrap_or(0);
        for name in personal_names::<E>() {
            let readers = self.readers.entry(name).or_default();
            readers.read.insert(TypeId::of::<E>(), subjects_of::<E>);
            readers.fields = readers.fields.max(fields);
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

    /// Whom an event is about. It is read for that where its tags may not say it all: if it has fewer of
    /// them than there are personal fields.
    pub(crate) fn told_by(&self, event: &RecordedEvent) -> Told {
        let mut told = Told {
            tagged: tagged_subjects(event),
            ..Told::default()
        };
        let readers = self.readers.get(event.event_type.as_str());
        let Some(readers) = readers.filter(|it| told.tagged.len() < it.fields) else {
            return told;
        };
        for read in readers.read.values() {
            let Ok(subjects) = read(event) else {
                told.is_unread = true;
                continue;
            };
            let subjects = subjects.iter().filter_map(|it| SubjectId::new(it).ok());
            let untagged = subjects.filter(|it| !told.tagged.contains(it));
            told.untagged.extend(untagged);
        }
        told
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

fn subjects_of<E: Event>(event: &RecordedEvent) -> Result<Vec<String>, DecodeError> {
    let events = events_of::<E>(event)?;
    Ok(events.iter().flat_map(Event::subjects).collect())
}

/// Whom an event is about, as its tags say it.
fn tagged_subjects(event: &RecordedEvent) -> Vec<SubjectId> {
    let tagged = event.tags.iter().filter_map(tagged_subject);
    tagged.filter_map(|it| SubjectId::new(it).ok()).collect()
}

impl fmt::Debug for PersonalEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.readers.keys()).finish()
    }
}
