//! The personal fields of an event: sealed before it is written, opened when it is read.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    DataKey, FoundBeside, Kept, Keys, Personal, Sealed, SideValue, State, SubjectId, SubjectKey,
    Written,
};
use crate::event::RecordedEvent;
use crate::ids::EventId;
use crate::name::NameFault;
use crate::stream::StreamId;
use crate::typed_event::Event;

/// A field of an event that is marked as personal.
pub struct PersonalField<'a> {
    /// Its name, as it is stored.
    pub name: &'static str,
    /// Whom it is about.
    pub subject: String,
    /// Where what is sealed is kept.
    pub kept: Kept,
    /// What it says.
    pub value: &'a mut dyn PersonalValue,
}

/// The one place a value is sealed for: an event in a stream. Elsewhere it does not open.
///
/// The store is no part of it, so that a history that is imported into another one stays readable.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Which stream.
    pub stream: &'a StreamId,
    /// Which event.
    pub event: EventId,
}

/// Why a personal value could not be sealed or opened. It never quotes the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonalFault {
    /// It is about nobody that could be named. **Do:** fix the subject.
    #[error("the text that names whom it is about {0}")]
    Subject(NameFault),
    /// There is no key to seal it under. **Do:** give the service a keyring.
    #[error("no key of {0} is at hand")]
    NoKey(SubjectId),
    /// The person was forgotten. **Do:** record nothing personal about them any more.
    #[error("personal data of {0} was erased")]
    Erased(SubjectId),
    /// The value has no JSON form. **Do:** fix the type of the value.
    #[error("it has no JSON form")]
    NoJson,
    /// It is a value that was read without a key, and cannot be sealed anew where it is copied to.
    /// **Do:** read it where there is a keyring.
    #[error("it is sealed already, and no key was at hand to open it")]
    Closed,
    /// It was sealed for another field, event or stream. **Do:** look for who moved it.
    #[error("it was sealed for another place")]
    Moved,
    /// Its bytes were changed. **Do:** call for help: what is stored is damaged or forged.
    #[error("its bytes were changed")]
    Forged,
    /// It is kept beside the log, and is not there though the person was not forgotten.
    /// **Do:** look for a side store that was put back or swapped.
    #[error("it is missing beside the log")]
    Missing,
    /// It is to be kept beside the log, and larger than
    /// [`SIDE_VALUE_BYTES`](crate::limits::SIDE_VALUE_BYTES). **Do:** say less of the person.
    #[error(
        "sealed it holds {bytes} bytes, at most {} are kept beside the log",
        crate::limits::SIDE_VALUE_BYTES
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// What was sealed is not of the type that is asked for. **Do:** fix the type, or upcast.
    #[error("what is sealed is of another shape")]
    Shape,
}

/// A value that can be sealed and opened where it is: a [`Personal`] one, or none.
pub trait PersonalValue {
    /// Seals it, if it is not. Answers what is to be kept beside the log.
    ///
    /// # Errors
    /// [`PersonalFault`] when it has no JSON form, or is too large.
    fn seal(&mut self, sealing: &Sealing<'_>) -> Result<Option<SideValue>, PersonalFault>;

    /// Opens it, if it is sealed; seals what was stored as it is.
    ///
    /// # Errors
    /// [`PersonalFault`] when it does not open.
    fn open(&mut self, opening: &Opening<'_>) -> Result<(), PersonalFault>;
}

/// How the value of one field is sealed.
pub struct Sealing<'a> {
    subject: &'a SubjectId,
    key: &'a DataKey,
    origin: &'a Origin<'a>,
    field: &'static str,
    kept: Kept,
}

/// How the value of one field is opened.
pub struct Opening<'a> {
    subject: &'a str,
    key: &'a SubjectKey,
    beside: &'a FoundBeside,
    origin: &'a Origin<'a>,
    field: &'static str,
}

impl<T: Serialize + DeserializeOwned> PersonalValue for Personal<T> {
    fn seal(&mut self, sealing: &Sealing<'_>) -> Result<Option<SideValue>, PersonalFault> {
        let mut beside = None;
        seal_in_place(&mut self.0, |value| {
            let key = (sealing.subject, sealing.key);
            let sealed = Sealed::seal(value, key, sealing.origin, sealing.field)?;
            if sealing.kept == Kept::InEvent {
                return Ok(Written::Sealed(sealed));
            }
            let kept = beside.insert(SideValue::of(&sealed)?);
            Ok(Written::Beside(kept.id.clone()))
        })?;
        Ok(beside)
    }

    fn open(&mut self, opening: &Opening<'_>) -> Result<(), PersonalFault> {
        match &self.0 {
            State::Closed(written) if written.subject().as_str() != opening.subject => {
                Err(PersonalFault::Moved)
            }
            State::Closed(_) => self.disclose_if(opening.key, opening.beside, |sealed| {
                sealed.is_of(opening.origin, opening.field)
            }),
            State::Plain(_) => self.take_over(opening),
            State::Open { .. } | State::Erased(_) => Ok(()),
        }
    }
}

impl<T: Serialize> Personal<T> {
    /// A value that was stored as it is, or came from an older shape: from here on it is as any other.
    /// Copies of it are sealed where they are, since nothing is put beside the log by reading.
    fn take_over(&mut self, opening: &Opening<'_>) -> Result<(), PersonalFault> {
        let subject = named(opening.subject)?;
        match opening.key {
            SubjectKey::Erased => self.0 = State::Erased(subject),
            SubjectKey::Living(key) => seal_in_place(&mut self.0, |value| {
                let key = (&subject, &**key);
                let sealed = Sealed::seal(value, key, opening.origin, opening.field);
                sealed.map(Written::Sealed)
            })?,
        }
        Ok(())
    }
}

/// Keeps a value together with what is written of it here. One that was opened elsewhere is a copy: what
/// is written of it there would not open here.
fn seal_in_place<T>(
    state: &mut State<T>,
    seal: impl FnOnce(&T) -> Result<Written, PersonalFault>,
) -> Result<(), PersonalFault> {
    let written = match state {
        State::Plain(value) | State::Open { value, .. } => seal(value)?,
        State::Closed(_) => return Err(PersonalFault::Closed),
        State::Erased(subject) => return Err(PersonalFault::Erased(subject.clone())),
    };
    // Only for a moment: it is put back at once.
    let erased = State::Erased(written.subject().clone());
    if let State::Plain(value) | State::Open { value, .. } = std::mem::replace(state, erased) {
        *state = State::Open { value, written };
    }
    Ok(())
}

impl<V: PersonalValue> PersonalValue for Option<V> {
    fn seal(&mut self, sealing: &Sealing<'_>) -> Result<Option<SideValue>, PersonalFault> {
        self.as_mut().map_or(Ok(None), |value| value.seal(sealing))
    }

    fn open(&mut self, opening: &Opening<'_>) -> Result<(), PersonalFault> {
        self.as_mut().map_or(Ok(()), |value| value.open(opening))
    }
}

impl<'a> Origin<'a> {
    /// The place of a record; `None`: it came without keys.
    pub(crate) fn of(record: &'a RecordedEvent) -> Option<Self> {
        (!record.keys.is_empty()).then_some(Self {
            stream: &record.stream,
            event: record.id,
        })
    }

    /// A hash of the place of one field. Streams hold no control characters, so the first NUL is where
    /// a field begins; mostly all of it fits into one block of the hash.
    pub(super) fn binding(&self, field: &str) -> [u8; 16] {
        let mut hash = blake3::Hasher::new();
        hash.update(self.event.0.as_bytes());
        hash.update(self.stream.as_str().as_bytes());
        hash.update(&[0]).update(field.as_bytes());
        let hash = hash.finalize();
        let (binding, _) = hash
            .as_bytes()
            .split_first_chunk()
            .expect("32 bytes hold 16");
        *binding
    }
}

/// Seals the personal fields of an event that is going to be recorded. Adds to `beside` what is to be
/// put into a [side store](crate::SideStore) before the event is appended.
///
/// # Errors
/// The field, and its [`PersonalFault`]: nothing of the event may be written.
pub fn seal_event<E: Event>(
    event: &mut E,
    keys: &Keys,
    origin: &Origin<'_>,
    beside: &mut Vec<SideValue>,
) -> Result<(), (&'static str, PersonalFault)> {
    for mut field in event.personal_fields() {
        let sealed = seal_field(&mut field, keys, origin);
        beside.extend(sealed.map_err(|fault| (field.name, fault))?);
    }
    Ok(())
}

fn seal_field(
    field: &mut PersonalField<'_>,
    keys: &Keys,
    origin: &Origin<'_>,
) -> Result<Option<SideValue>, PersonalFault> {
    let subject = &named(&field.subject)?;
    let key = match keys.find(&field.subject) {
        None => return Err(PersonalFault::NoKey(subject.clone())),
        Some(SubjectKey::Erased) => return Err(PersonalFault::Erased(subject.clone())),
        Some(SubjectKey::Living(key)) => key,
    };
    let sealing = Sealing {
        subject,
        key,
        origin,
        field: field.name,
        kept: field.kept,
    };
    field.value.seal(&sealing)
}

/// Opens the personal fields of an event that was read, with the keys that came with it. Those of
/// persons whose keys did not stay as they are.
///
/// # Errors
/// The field, and its [`PersonalFault`].
pub fn open_event<E: Event>(
    event: &mut E,
    record: &RecordedEvent,
) -> Result<(), (&'static str, PersonalFault)> {
    let Some(origin) = &Origin::of(record) else {
        return Ok(());
    };
    for PersonalField {
        name,
        subject,
        value,
        ..
    } in event.personal_fields()
    {
        let Some(key) = record.keys.find(&subject) else {
            continue;
        };
        let opened = value.open(&Opening {
            subject: &subject,
            key,
            beside: record.keys.beside(),
            origin,
            field: name,
        });
        opened.map_err(|fault| (name, fault))?;
    }
    Ok(())
}

fn named(subject: &str) -> Result<SubjectId, PersonalFault> {
    SubjectId::new(subject).map_err(|error| PersonalFault::Subject(error.fault))
}
