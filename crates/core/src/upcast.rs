//! Upcasting: old shapes of an event brought to the newest, step by step.

use serde_json::Value;

use crate::typed_event::EventSchema;

/// Brings one version of an event's payload to the next. Events are read for ever: also when a person
/// was forgotten, and where there are no keys. Each [`Step`] says what it sees of personal data then.
#[derive(Debug, Clone, Copy)]
pub struct Upcaster {
    /// The version it takes; it returns the one after.
    pub from: u32,
    /// How.
    pub step: Step,
}

/// How a payload is brought to the next version.
///
/// Steps on JSON come first: whatever comes after a typed one is a value of Rust already.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// As JSON. It never fails on a payload its version could hold; what it does not expect it
    /// leaves for decoding to name. Personal data is open to it, unless it was erased: then it is
    /// `{"$erased": …}`; or the event is read without keys: then it is `{"$sealed": …}` or
    /// `{"$beside": …}`. Those are to be passed on as they are.
    ///
    /// An integer that 64 bits do not hold is a floating-point number in these values, and not exact.
    /// Events that hold one are brought on by typed steps, and hold nothing personal.
    Json(fn(Value) -> Value),
    /// As a type of its own, that [`Event::decode`](crate::Event::decode) reads, and turns into the
    /// next until it is the event. It costs no detour through JSON values. Its personal fields are
    /// [`Personal`](crate::Personal) there too, since they may be sealed or erased.
    Typed,
}

impl Upcaster {
    /// A step on JSON.
    pub const fn json(from: u32, step: fn(Value) -> Value) -> Self {
        let step = Step::Json(step);
        Self { from, step }
    }

    /// A step of types.
    pub const fn typed(from: u32) -> Self {
        let step = Step::Typed;
        Self { from, step }
    }
}

/// An event type that is not written any more: each one that is stored is read as other events, in
/// its place.
///
/// That is how an event is split into several, how several types are merged into one, and how one
/// that means nothing any more is dropped. What is personal stands in it as a [step on JSON](Step::Json)
/// sees it.
#[derive(Debug, Clone, Copy)]
pub struct RetiredEvent {
    /// The stored name.
    pub name: &'static str,
    /// What a payload of a version becomes, in order; nothing drops it. Like a
    /// [step on JSON](Step::Json) it does not fail.
    pub becomes: fn(u32, Value) -> Vec<Became>,
}

/// What a [`RetiredEvent`] becomes: an event as it could have been stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Became {
    /// The name of an event type that is written today.
    pub name: &'static str,
    /// The version of its shape; it is upcast from there.
    pub version: u32,
    /// Its payload, of that shape.
    pub payload: Value,
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
    /// A retired event became one of a name that is not written. **Do:** fix what it becomes.
    #[error("it becomes {name:?}, which is no event type of this code")]
    BecameUnknown {
        /// The name it became.
        name: &'static str,
    },
}

/// Brings a payload from its stored version to the schema's, or to the first version from which on
/// there are types. Answers which that is.
///
/// # Errors
/// [`UpcastError`] when the version is newer than the schema's, or a step is missing.
pub fn upcast(
    schema: &EventSchema,
    stored: u32,
    mut payload: Value,
) -> Result<(u32, Value), UpcastError> {
    let mut version = stored;
    while let Some(step) = next_step(schema, version)? {
        let Step::Json(step) = step else { break };
        payload = step(payload);
        version += 1;
    }
    Ok((version, payload))
}

/// The step from a version; `None`: it is the newest.
pub(crate) fn next_step(schema: &EventSchema, version: u32) -> Result<Option<Step>, UpcastError> {
    if version > schema.version {
        let (stored, known) = (version, schema.version);
        return Err(UpcastError::Newer { stored, known });
    }
    if version == schema.version {
        return Ok(None);
    }
    let mut upcasters = schema.upcasters.iter();
    let found = upcasters.find(|upcaster| upcaster.from == version);
    let upcaster = found.ok_or(UpcastError::Missing { from: version })?;
    Ok(Some(upcaster.step))
}
