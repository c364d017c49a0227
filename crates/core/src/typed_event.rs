//! Events as types: the bridge between a domain's enum and stored bytes.

use crate::event::{ContentType, EventType, NewEvent};
use crate::ids::EventId;
use crate::metadata::Metadata;
use crate::name::InvalidName;
use crate::query::Tag;
use crate::upcast::Upcaster;

/// What happened, as a type: usually an enum with a variant for each event type.
///
/// `#[derive(Event)]` writes this for an enum that serde can serialize:
///
/// ```ignore
/// #[derive(Event, Serialize, Deserialize)]
/// #[serde(rename_all_fields = "camelCase")]
/// enum AccountEvent {
///     #[event(name = "AccountOpened")]
///     Opened { #[event(tag)] owner_id: String },
///     #[event(name = "MoneyDeposited", version = 2, upcast(1 => add_currency))]
///     Deposited { amount: Money },
/// }
/// ```
///
/// # Contract
///
/// 1. [`schema`](Self::schema) returns an entry of [`SCHEMAS`](Self::SCHEMAS).
/// 2. What [`encode`](Self::encode) writes, [`decode`](Self::decode) reads back under that entry.
/// 3. Names in [`SCHEMAS`](Self::SCHEMAS) are unique, and each entry's upcasters lead from
///    version 1 to its version without a gap.
pub trait Event: Sized + Send + Sync + 'static {
    /// Every event type this knows, each with its newest version.
    const SCHEMAS: &'static [EventSchema];

    /// The entry of [`SCHEMAS`](Self::SCHEMAS) that describes this event.
    fn schema(&self) -> &'static EventSchema;

    /// The payload, in the newest shape.
    ///
    /// # Errors
    /// [`EncodeError`] when a value has no JSON form, such as a map with keys that are no texts.
    fn encode(&self) -> Result<Vec<u8>, EncodeError>;

    /// Reads a payload in the newest shape of `schema`.
    ///
    /// # Errors
    /// What is wrong with the payload.
    fn decode(schema: &EventSchema, payload: &[u8]) -> Result<Self, serde_json::Error>;

    /// What it is about.
    ///
    /// # Errors
    /// [`InvalidName`] when a value is too long or empty for a tag.
    fn tags(&self) -> Result<Vec<Tag>, InvalidName> {
        Ok(Vec::new())
    }

    /// This event ready to be appended.
    ///
    /// # Errors
    /// [`EncodeError`] when it has no JSON form or a value cannot be a tag.
    fn to_new(&self, id: EventId, metadata: Metadata) -> Result<NewEvent, EncodeError> {
        let schema = self.schema();
        Ok(NewEvent {
            id,
            event_type: EventType::new(schema.name)?,
            schema_version: schema.version,
            content_type: ContentType::json(),
            data: self.encode()?.into(),
            tags: self.tags()?,
            metadata,
        })
    }
}

/// One event type: its stable name, the version written now, and the way there from older ones.
#[derive(Debug)]
pub struct EventSchema {
    /// Stable name, apart from the Rust name.
    pub name: &'static str,
    /// The version that is written now, from 1.
    pub version: u32,
    /// One step for each older version, oldest first.
    pub upcasters: &'static [Upcaster],
}

/// Why an event has no stored form.
///
/// **Do:** fix the event's type or value; it is refused every time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A value that JSON cannot hold.
    #[error("no JSON form: {0}")]
    Json(#[from] serde_json::Error),
    /// A value that cannot be a tag or an event type.
    #[error(transparent)]
    Name(#[from] InvalidName),
}
