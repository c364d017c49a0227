//! Personal data: values that can be made unreadable for good, wherever they were copied to.
//!
//! A value about a person is sealed under a key of that person before it reaches any store. What
//! events, snapshots and rows hold is ciphertext; once the key is destroyed, all of it is noise, in
//! old backups too. In reading order: the [value](Personal), the [key](DataKey) it is sealed under,
//! what is [stored](Sealed) of it, what of that is kept [beside the log](SideId), which
//! [fields](PersonalField) of an event are personal, and the [keys](Keys) that a reader has at hand;
//! last, how [copies](disclose_copies) in a document are opened.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::column::{ColumnKind, ColumnValue, Value};
use crate::name::name_type;

pub use beside::{FoundBeside, Kept, SideId, SideValue, bring_inside, side_ids_of};
pub use copies::{disclose_copies, side_ids_of_copies, subjects_of_copies};
pub use field::{
    Opening, Origin, PersonalFault, PersonalField, PersonalValue, Sealing, open_event, seal_event,
};
pub use key::{DataKey, KeyId};
pub use keys::{Keys, SubjectKey};
pub use sealed::Sealed;

use beside::Written;

pub(crate) use stored::open_json;

mod beside;
mod copies;
mod field;
mod key;
mod keys;
mod read;
mod sealed;
mod stored;
#[cfg(test)]
mod tests;

name_type! {
    /// Whom a personal value is about, as a pseudonym: it stays readable when the person is
    /// forgotten, so it must say nothing about them.
    SubjectId, "subject"
}

/// A value about a person.
///
/// It is written sealed, wherever it is written to: into an event, a snapshot, a column. So it can be
/// passed on without a thought. [`value`](Self::value) is the one way to what it says, and neither
/// `Debug` nor an error ever shows that.
///
/// ```
/// # use annals_core::{Personal, SubjectId, Undisclosed};
/// let name = Personal::new("Ada".to_owned());
/// assert_eq!(name.value().unwrap(), "Ada");
/// assert!(!format!("{name:?}").contains("Ada"));
///
/// let whose = SubjectId::new("user-7").unwrap();
/// let forgotten: Personal<String> = Personal::erased(whose.clone());
/// assert_eq!(forgotten.value(), Err(Undisclosed::Erased(whose)));
/// ```
///
/// What is not sealed yet cannot be written at all: a field of an event is sealed if it is marked
/// `#[personal(subject = …)]`, and forgetting that is an error instead of a leak.
///
/// Two of them are equal if they say the same; while they do not say, if the same is written of them.
#[derive(Clone)]
pub struct Personal<T>(State<T>);

#[derive(Clone)]
enum State<T> {
    /// Not sealed yet, or stored before it was personal.
    Plain(T),
    /// Sealed, and opened.
    Open { value: T, written: Written },
    /// Sealed, and nobody has had the key at hand, or what is kept beside the log.
    Closed(Written),
    /// The key was destroyed.
    Erased(SubjectId),
}

/// Why a personal value does not say what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Undisclosed {
    /// The person was forgotten. **Do:** go on without it; it never comes back.
    #[error("personal data of {0} was erased")]
    Erased(SubjectId),
    /// It was read without keys, or is sealed under a key that was lost. **Do:** read it where there is a
    /// keyring, or open it by one; if it stays sealed there, look for a key store that was put back.
    #[error("personal data of {0} is sealed, and its key is not at hand")]
    Sealed(SubjectId),
}

impl<T> Personal<T> {
    /// A value that was just learnt.
    pub fn new(value: T) -> Self {
        Self(State::Plain(value))
    }

    /// A value of a person who was forgotten.
    pub fn erased(subject: SubjectId) -> Self {
        Self(State::Erased(subject))
    }

    /// What it says.
    ///
    /// # Errors
    /// [`Undisclosed`] when it was erased or is still sealed.
    pub fn value(&self) -> Result<&T, Undisclosed> {
        match &self.0 {
            State::Plain(value) | State::Open { value, .. } => Ok(value),
            State::Closed(written) => Err(Undisclosed::Sealed(written.subject().clone())),
            State::Erased(subject) => Err(Undisclosed::Erased(subject.clone())),
        }
    }

    /// What it says, or nothing if that is not known.
    pub fn known(&self) -> Option<&T> {
        self.value().ok()
    }

    /// True if the person was forgotten.
    pub fn is_erased(&self) -> bool {
        matches!(self.0, State::Erased(_))
    }

    /// Whom it is about; `None` as long as it is not sealed.
    pub fn subject(&self) -> Option<&SubjectId> {
        match &self.0 {
            State::Plain(_) => None,
            State::Open { written, .. } | State::Closed(written) => Some(written.subject()),
            State::Erased(subject) => Some(subject),
        }
    }

    /// Its name beside the log, if it is kept there and not open yet.
    pub fn beside(&self) -> Option<&SideId> {
        match &self.0 {
            State::Closed(Written::Beside(id)) => Some(id),
            _ => None,
        }
    }
}

impl<T: DeserializeOwned> Personal<T> {
    /// Opens it, if it is sealed, with what is at hand of its person's key, and with what was found
    /// beside the log. A copy may be opened: it need not be where it was sealed for. What is sealed under
    /// another key stays as it is.
    ///
    /// # Errors
    /// [`PersonalFault`] when it was changed, or does not hold what it should.
    pub fn disclose(
        &mut self,
        key: &SubjectKey,
        beside: &FoundBeside,
    ) -> Result<(), PersonalFault> {
        self.disclose_if(key, beside, |_| true)
    }

    /// The same, if what is sealed belongs here.
    fn disclose_if(
        &mut self,
        key: &SubjectKey,
        beside: &FoundBeside,
        belongs: impl FnOnce(&Sealed) -> bool,
    ) -> Result<(), PersonalFault> {
        let State::Closed(written) = &self.0 else {
            return Ok(());
        };
        let SubjectKey::Living(key) = key else {
            self.0 = State::Erased(written.subject().clone());
            return Ok(());
        };
        let Some(sealed) = written.sealed(beside)? else {
            return Ok(());
        };
        if !belongs(&sealed) {
            return Err(PersonalFault::Moved);
        }
        if let Some(value) = sealed.open(key)? {
            let written = written.clone();
            self.0 = State::Open { value, written };
        }
        Ok(())
    }
}

impl<T: PartialEq> PartialEq for Personal<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (State::Closed(one), State::Closed(other)) => one == other,
            (State::Erased(one), State::Erased(other)) => one == other,
            _ => matches!((self.known(), other.known()), (Some(one), Some(other)) if one == other),
        }
    }
}

impl<T: Eq> Eq for Personal<T> {}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.0 {
            State::Plain(_) | State::Open { .. } => "…",
            State::Closed(_) => "sealed",
            State::Erased(_) => "erased",
        };
        f.debug_tuple("Personal")
            .field(&format_args!("{state}"))
            .finish()
    }
}

impl<T> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            State::Plain(_) => Err(S::Error::custom(NOT_SEALED)),
            State::Open { written, .. } | State::Closed(written) => {
                stored::write(written, serializer)
            }
            State::Erased(subject) => stored::write_erased(subject, serializer),
        }
    }
}

const NOT_SEALED: &str =
    "a personal value is not sealed: mark the field of the event with #[personal(subject = …)]";

impl<'de, T: DeserializeOwned> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::state(deserializer).map(Self)
    }
}

/// That of the value, marked as personal: what is stored of it is sealed.
impl<T: JsonSchema> JsonSchema for Personal<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Personal_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        schemars::json_schema!({ "x-personal": true, "allOf": [value] })
    }
}

/// A copy in a row is as sealed as the original.
///
/// # Panics
/// `to_value` does when it was never sealed: it was made by the projection, or was recorded before its
/// field was personal and is read without a keyring. That event is parked.
impl<T: DeserializeOwned> ColumnValue for Personal<T> {
    const KIND: ColumnKind = ColumnKind::Json;

    fn to_value(&self) -> Value {
        let json = serde_json::to_string(self);
        Value::Json(json.unwrap_or_else(|error| panic!("{error}")))
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Json(json) => serde_json::from_str(&json).ok(),
            _ => None,
        }
    }
}
