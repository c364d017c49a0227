//! What is known about an event beside what happened: who, why, when, as part of what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limits::{METADATA_BYTES, NAME_BYTES, TRACE_STATE_BYTES};

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

    /// The texts that are about one thing each: what they are, and how long they may be.
    pub(crate) fn texts(&self) -> [(&'static str, Option<&str>, usize); 5] {
        [
            ("correlation", self.correlation.as_deref(), NAME_BYTES),
            ("causation", self.causation.as_deref(), NAME_BYTES),
            ("actor", self.actor.as_deref(), NAME_BYTES),
            ("traceParent", self.trace_parent.as_deref(), NAME_BYTES),
            ("traceState", self.trace_state.as_deref(), TRACE_STATE_BYTES),
        ]
    }

    pub(crate) fn is_too_large(bytes: usize) -> bool {
        bytes > METADATA_BYTES
    }
}
