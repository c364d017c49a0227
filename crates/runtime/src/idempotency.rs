//! Idempotency keys: how a repeated request is recognised.

use annals_core::{AppendId, Metadata, StreamId};
use serde_json::{Value, json};
use uuid::Uuid;

/// Where in [`Metadata::custom`] an event says which request brought it.
const STAMP: &str = "idempotency";

/// Names one request, so that repeating it repeats its answer and nothing else.
///
/// A key is remembered in the append it leads to, for as long as the event is there, under the
/// name `idempotency` of the event's [`Metadata::custom`]. It is a key of one aggregate: the same
/// key sent to another is another request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// What the caller calls the request.
    pub key: String,
    /// Identifies what was asked for: another one under the same key is a mistake.
    pub fingerprint: Uuid,
}

impl IdempotencyKey {
    /// The key of a request, with a fingerprint of the request's bytes.
    pub fn new(key: impl Into<String>, request: &[u8]) -> Self {
        Self {
            key: key.into(),
            fingerprint: Uuid::new_v5(&Uuid::NAMESPACE_OID, request),
        }
    }

    /// The append this request leads to, whoever carries it out and however often.
    pub(crate) fn append_to(&self, stream: &StreamId) -> AppendId {
        AppendId::of_key(stream.as_str(), &self.key)
    }

    /// Writes down that this request brought an event.
    pub(crate) fn stamp(&self, metadata: &mut Metadata) {
        metadata.custom.insert(STAMP.to_owned(), self.to_json());
    }

    /// True if this very request brought the event.
    pub(crate) fn is_stamped_on(&self, metadata: &Metadata) -> bool {
        metadata.custom.get(STAMP) == Some(&self.to_json())
    }

    fn to_json(&self) -> Value {
        json!({ "key": self.key, "fingerprint": self.fingerprint })
    }
}
