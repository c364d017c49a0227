//! Personal values beside the log: an event holds the hash of what is sealed, and what is sealed is in a
//! [side store](crate::SideStore), where it can be deleted.
//!
//! ```text
//! <subject>~<base64url of the BLAKE3-256 of what is sealed>
//! ```
//!
//! What is hashed is ciphertext: without the key, nobody can try which value has the hash.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::field::PersonalFault;
use super::stored::{BESIDE, SEALED};
use super::{Sealed, SubjectId};
use crate::event::RecordedEvent;
use crate::limits;
use crate::payload::Payload;

/// Where what is sealed of a personal field is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In the event, and in every copy of the value.
    InEvent,
    /// In a side store. The event and every copy hold its hash.
    Beside,
}

/// Names a value that is kept beside the log: whose it is, and the hash of what is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SideId {
    /// Whom the value is about.
    pub subject: SubjectId,
    /// BLAKE3-256 of what is sealed.
    pub hash: [u8; 32],
}

/// A sealed value that is to be kept beside the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideValue {
    /// Its name.
    pub id: SideId,
    /// What is sealed.
    pub sealed: Vec<u8>,
}

/// What was found beside the log, of values that were looked for.
#[derive(Debug, Clone)]
pub struct FoundBeside(Vec<(SideId, Option<Vec<u8>>)>);

/// What is written of a value that was sealed.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// All of it.
    Sealed(Sealed),
    /// Its name: it is kept beside the log.
    Beside(SideId),
}

impl SideId {
    /// Reads what [`Display`](fmt::Display) wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (subject, hash) = text.rsplit_once('~')?;
        Some(Self {
            subject: SubjectId::new(subject).ok()?,
            hash: BASE64.decode(hash).ok()?.try_into().ok()?,
        })
    }
}

impl fmt::Display for SideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.subject, BASE64.encode(self.hash))
    }
}

impl SideValue {
    /// What is sealed of a value about a person.
    pub fn new(subject: SubjectId, sealed: Vec<u8>) -> Self {
        let hash = *blake3::hash(&sealed).as_bytes();
        let id = SideId { subject, hash };
        Self { id, sealed }
    }

    pub(super) fn of(sealed: &Sealed) -> Result<Self, PersonalFault> {
        let bytes = sealed.as_bytes();
        if bytes.len() > limits::SIDE_VALUE_BYTES {
            let bytes = bytes.len();
            return Err(PersonalFault::TooLarge { bytes });
        }
        Ok(Self::new(sealed.subject().clone(), bytes.to_vec()))
    }
}

impl FoundBeside {
    /// What was found under each of these names; `None`: it is not there.
    pub fn new(values: Vec<(SideId, Option<Vec<u8>>)>) -> Self {
        Self(values)
    }

    /// Nobody has looked for any.
    pub const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// The value of this name, if anybody has looked for it.
    fn sealed(&self, id: &SideId) -> Result<Option<Sealed>, PersonalFault> {
        let Some((_, found)) = self.0.iter().find(|(it, _)| it == id) else {
            return Ok(None);
        };
        let bytes = found.as_ref().ok_or(PersonalFault::Missing)?;
        if *blake3::hash(bytes).as_bytes() != id.hash {
            return Err(PersonalFault::Forged);
        }
        let sealed = Sealed::from_bytes(id.subject.clone(), bytes);
        sealed.map(Some).ok_or(PersonalFault::Forged)
    }
}

impl Written {
    pub(super) fn subject(&self) -> &SubjectId {
        match self {
            Self::Sealed(sealed) => sealed.subject(),
            Self::Beside(id) => &id.subject,
        }
    }

    /// What is sealed; `None`: it is kept beside the log, and nobody has looked there.
    pub(super) fn sealed(&self, beside: &FoundBeside) -> Result<Option<Sealed>, PersonalFault> {
        match self {
            Self::Sealed(sealed) => Ok(Some(sealed.clone())),
            Self::Beside(id) => beside.sealed(id),
        }
    }
}

/// Names the values of an event that are kept beside the log. For nearly all events that is a look at
/// their bytes. An event that cannot be read is left to whoever decodes it.
pub fn side_ids_of(record: &RecordedEvent) -> Vec<SideId> {
    let payload = Payload::of(record).ok().filter(mentions_any);
    let payload = payload.and_then(|payload| payload.into_value().ok());
    let fields = payload.as_ref().and_then(Value::as_object);
    let values = fields.into_iter().flat_map(serde_json::Map::values);
    let texts = values.filter_map(|value| value.get(BESIDE)?.as_str());
    texts.filter_map(SideId::parse).collect()
}

/// Makes of a payload what it would be if all of it were kept in the event: for samples, which have no
/// side store. It is read as the same.
pub fn bring_inside(payload: &mut Value, beside: &[SideValue]) {
    let fields = payload.as_object_mut();
    for value in fields.into_iter().flat_map(serde_json::Map::values_mut) {
        let id = value
            .get(BESIDE)
            .and_then(|text| SideId::parse(text.as_str()?));
        if let Some(kept) = beside.iter().find(|kept| Some(&kept.id) == id.as_ref())
            && let Some(sealed) = Sealed::from_bytes(kept.id.subject.clone(), &kept.sealed)
        {
            *value = json!({ SEALED: sealed.to_string() });
        }
    }
}

/// The mark is the same bytes in every format.
fn mentions_any(payload: &Payload<'_>) -> bool {
    match payload {
        Payload::Json(bytes) | Payload::MessagePack(bytes) => bytes
            .windows(BESIDE.len())
            .any(|window| window == BESIDE.as_bytes()),
        Payload::Value(_) => true,
    }
}

#[cfg(test)]
mod tests;
