//! What is stored of a personal value.
//!
//! ```text
//! <subject>~<base64url of: format 1 │ key 16 │ binding 16 │ nonce 12 │ ciphertext │ tag 16>
//! ```
//!
//! The cipher authenticates everything in front of the nonce, and the subject. The binding is a hash
//! of the one place it was sealed for; it is compared where an event is read, and not where a copy is.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;
use smallvec::SmallVec;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::field::{Origin, PersonalFault};
use super::{DataKey, KeyId, SubjectId};

const FORMAT: u8 = 1;
/// Format, key and binding: what the cipher does not hide.
const HEAD_BYTES: usize = 1 + 16 + 16;
/// Most of what is sealed is a name or a sentence, and takes no more than this.
const STACK_BYTES: usize = 256;

/// A personal value, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    subject: SubjectId,
    /// From the format on.
    bytes: Arc<[u8]>,
}

impl Sealed {
    pub(super) fn seal<T: Serialize>(
        value: &T,
        (subject, key): (&SubjectId, &DataKey),
        origin: &Origin<'_>,
        field: &str,
    ) -> Result<Self, PersonalFault> {
        let plain = serde_json::to_vec(value).map_err(|_| PersonalFault::NoJson)?;
        let plain = Zeroizing::new(plain);
        let mut bytes = vec![FORMAT];
        bytes.extend_from_slice(key.id().0.as_bytes());
        bytes.extend_from_slice(&origin.binding(field));
        let sealed = key.seal(&plain, &about(&bytes, subject));
        bytes.extend_from_slice(&sealed);
        Ok(Self {
            subject: subject.clone(),
            bytes: bytes.into(),
        })
    }

    /// Whom it is about.
    pub fn subject(&self) -> &SubjectId {
        &self.subject
    }

    /// The key it is sealed under.
    pub fn key(&self) -> KeyId {
        let (id, _) = self.bytes[1..]
            .split_first_chunk()
            .expect("the head was checked");
        KeyId(Uuid::from_bytes(*id))
    }

    /// True if it was sealed for this place.
    pub(super) fn is_of(&self, origin: &Origin<'_>, field: &str) -> bool {
        self.bytes[17..HEAD_BYTES] == origin.binding(field)
    }

    /// What it says; `None`: it is sealed under another key than this.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        key: &DataKey,
    ) -> Result<Option<T>, PersonalFault> {
        if key.id() != self.key() {
            return Ok(None);
        }
        let (head, sealed) = self.bytes.split_at(HEAD_BYTES);
        let plain = key.open(sealed, &about(head, &self.subject));
        let plain = plain.map_err(|_| PersonalFault::Forged)?;
        // What serde says would quote the value.
        let value = serde_json::from_slice(&plain);
        value.map(Some).map_err(|_| PersonalFault::Shape)
    }

    /// Reads what [`Display`](fmt::Display) wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (subject, bytes) = text.rsplit_once('~')?;
        let mut decoded: SmallVec<[u8; STACK_BYTES]> = SmallVec::new();
        decoded.resize(base64::decoded_len_estimate(bytes.len()), 0);
        let length = BASE64.decode_slice(bytes, &mut decoded).ok()?;
        Self::from_bytes(SubjectId::new(subject).ok()?, &decoded[..length])
    }

    /// Those of a value about this person.
    pub(super) fn from_bytes(subject: SubjectId, bytes: &[u8]) -> Option<Self> {
        let is_whole = bytes.first() == Some(&FORMAT) && bytes.len() > HEAD_BYTES;
        is_whole.then(|| Self {
            subject,
            bytes: bytes.into(),
        })
    }

    /// From the format on.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What the cipher authenticates beside the value.
fn about(head: &[u8], subject: &SubjectId) -> SmallVec<[u8; STACK_BYTES]> {
    let mut about = SmallVec::from_slice(head);
    about.extend_from_slice(subject.as_str().as_bytes());
    about
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.subject, BASE64.encode(&self.bytes))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("subject", &self.subject)
            .field("key", &self.key())
            .finish_non_exhaustive()
    }
}
