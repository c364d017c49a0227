//! What is known about an event beside what happened: who, why, when, as part of what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limits::METADATA_BYTES;

/// What is known about an event beside what happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// The conversation this event belongs to; the same for all that one request caused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// What directly caused it: the id of a command or of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation: Option<String>,
    /// Who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The W3C `traceparent` of the request that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
    /// The W3C `tracestate` that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_state: Option<String>,
    /// When it happened in the world, where that differs from when it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_time: Option<Timestamp>,
    /// Anything else, by name.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom: Map<String, Value>,
}

impl Metadata {
    /// True if nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The stored form: JSON, or nothing at all when nothing is known.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.is_empty() {
            return Vec::new();
        }
        serde_json::to_vec(self).expect("metadata holds only strings and JSON values")
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// What is wrong with the bytes, when they are not metadata.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice(bytes)
    }

    pub(crate) fn is_too_large(bytes: usize) -> bool {
        bytes > METADATA_BYTES
    }
}
