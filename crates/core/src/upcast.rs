//! Upcasting: old shapes of an event brought to the newest, step by step.

use serde_json::Value;

use crate::typed_event::EventSchema;

/// Brings one version of an event's payload to the next.
#[derive(Debug, Clone, Copy)]
pub struct Upcaster {
    /// The version it takes; it returns the one after.
    pub from: u32,
    /// The step. It never fails on a payload its version could hold; what it does not expect it
    /// leaves for decoding to name.
    pub step: fn(Value) -> Value,
}

/// Why a stored version could not be brought to the newest.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpcastError {
    /// The event was written by newer code. **Do:** deploy that code here first.
    #[error("version {stored} is newer than version {known}, which this code knows: deploy first")]
    Newer {
        /// The stored version.
        stored: u32,
        /// The newest version this code knows.
        known: u32,
    },
    /// No step for this version. **Do:** declare the upcaster.
    #[error("no upcaster from version {from}")]
    Missing {
        /// The version without a step.
        from: u32,
    },
}

/// Brings a payload from its stored version to the schema's.
///
/// # Errors
/// [`UpcastError`] when the version is newer than the schema's, or a step is missing.
pub fn upcast(schema: &EventSchema, stored: u32, payload: Value) -> Result<Value, UpcastError> {
    if stored > schema.version {
        let known = schema.version;
        return Err(UpcastError::Newer { stored, known });
    }
    (stored..schema.version).try_fold(payload, |payload, from| {
        let upcaster = schema
            .upcasters
            .iter()
            .find(|upcaster| upcaster.from == from);
        let upcaster = upcaster.ok_or(UpcastError::Missing { from })?;
        Ok((upcaster.step)(payload))
    })
}
