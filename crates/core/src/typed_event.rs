//! Events as types: the bridge between a domain's enum and stored bytes.

use jiff::Timestamp;

use crate::event::{EventType, NewEvent};
use crate::ids::EventId;
use crate::limits;
use crate::metadata::Metadata;
use crate::name::InvalidName;
use crate::payload::{self, Format, Payload};
use crate::personal::PersonalField;
use crate::query::Tag;
use crate::upcast::{RetiredEvent, Upcaster};

/// What happened, as a type: usually an enum with a variant for each event type.
///
/// `#[derive(Event)]` writes this for an enum that serde can serialize:
///
/// ```
/// # use annals_core::{Event, Personal, Timestamp};
/// # use annals_macros::Event;
/// # use serde::{Deserialize, Serialize};
/// # use serde_json::{Value, json};
/// #[derive(Event, Serialize, Deserialize)]
/// #[serde(rename_all_fields = "camelCase")]
/// enum AccountEvent {
///     #[event(name = "AccountOpened")]
///     Opened {
///         #[event(tag)]
///         owner_id: String,
///         #[personal(subject = owner_id)]
///         phone: Personal<String>,
///         #[event(business_time)]
///         opened_at: Timestamp,
///     },
///     #[event(name = "MoneyDeposited", version = 2, upcast(1 => add_currency))]
///     Deposited { cents: i64, currency: String },
///     // JSON unless it says otherwise. What is stored tells, so it may change at any time.
///     #[event(name = "StatementSent", content = "messagepack", compress)]
///     Sent { statement: String },
/// }
///
/// fn add_currency(mut payload: Value) -> Value {
///     payload["currency"] = json!("EUR");
///     payload
/// }
/// # let payload = annals_core::payload::Payload::Value(json!({ "cents": 5, "currency": "EUR" }));
/// # let schema = &AccountEvent::SCHEMAS[1];
/// # assert!(matches!(AccountEvent::decode(schema, 2, payload), Ok(AccountEvent::Deposited { cents: 5, .. })));
/// ```
///
/// # Contract
///
/// 1. [`schema`](Self::schema) returns an entry of [`SCHEMAS`](Self::SCHEMAS).
/// 2. What [`encode`](Self::encode) writes, [`decode`](Self::decode) reads back under that entry and
///    its newest version.
/// 3. Names in [`SCHEMAS`](Self::SCHEMAS), their aliases, and those in [`RETIRED`](Self::RETIRED) are
///    unique, and each entry's upcasters lead from version 1 to its version without a gap, those on
///    JSON first.
/// 4. [`subjects`](Self::subjects) names whom [`personal_fields`](Self::personal_fields) are about,
///    and [`SCHEMAS`](Self::SCHEMAS) which event types have any.
pub trait Event: Sized + Send + Sync + 'static {
    /// Every event type this knows, each with its newest version.
    const SCHEMAS: &'static [EventSchema];

    /// Event types that are not written any more, and what they are read as.
    const RETIRED: &'static [RetiredEvent] = &[];

    /// The entry of [`SCHEMAS`](Self::SCHEMAS) that describes this event.
    fn schema(&self) -> &'static EventSchema;

    /// The payload, in the newest shape and in the [format](EventSchema::format) of its schema.
    ///
    /// # Errors
    /// [`EncodeError`] when a value has no form in it, such as a map with keys that are no texts, or
    /// one that is [personal](crate::Personal) and not sealed.
    fn encode(&self) -> Result<Vec<u8>, EncodeError>;

    /// Reads a payload of `schema`: of its newest version, or of one with a typed step.
    ///
    /// # Errors
    /// What is wrong with the payload.
    fn decode(
        schema: &EventSchema,
        version: u32,
        payload: Payload<'_>,
    ) -> Result<Self, serde_json::Error>;

    /// What it is about.
    ///
    /// # Errors
    /// [`InvalidName`] when a value is too long or empty for a tag.
    fn tags(&self) -> Result<Vec<Tag>, InvalidName> {
        Ok(Vec::new())
    }

    /// When it happened in the world, if it tells.
    fn business_time(&self) -> Option<Timestamp> {
        None
    }

    /// The persons its personal fields are about, by pseudonyms.
    fn subjects(&self) -> Vec<String> {
        Vec::new()
    }

    /// Its personal fields, to be sealed and opened where they are.
    fn personal_fields(&mut self) -> Vec<PersonalField<'_>> {
        Vec::new()
    }

    /// This event ready to be appended. It carries a tag for each person it tells something about,
    /// `subject:<pseudonym>`, by which it is found when they are forgotten.
    ///
    /// # Errors
    /// [`EncodeError`] when it has no JSON form or a value cannot be a tag.
    fn to_new(&self, id: EventId, mut metadata: Metadata) -> Result<NewEvent, EncodeError> {
        let schema = self.schema();
        let mut tags = self.tags()?;
        for subject in self.subjects() {
            let tag = subject_tag(&subject)?;
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        metadata.business_time = metadata.business_time.or_else(|| self.business_time());
        let (content_type, data) = payload::stored(schema, self.encode()?)?;
        Ok(NewEvent {
            id,
            event_type: EventType::new(schema.name)?,
            schema_version: schema.version,
            content_type,
            data,
            tags,
            metadata,
        })
    }
}

const SUBJECT: &str = "subject:";

/// The tag of events that tell something about a person.
///
/// # Errors
/// [`InvalidName`] when the pseudonym is too long or empty for a tag.
pub fn subject_tag(subject: &str) -> Result<Tag, InvalidName> {
    Tag::new(format!("{SUBJECT}{subject}"))
}

/// The person that a tag names, if it is the tag of one.
pub fn tagged_subject(tag: &Tag) -> Option<&str> {
    tag.as_str().strip_prefix(SUBJECT)
}

/// Every name that events of a type are stored under.
pub(crate) fn stored_names<E: Event>() -> impl Iterator<Item = &'static str> {
    let written = E::SCHEMAS.iter().map(|schema| schema.name);
    let aliases = E::SCHEMAS.iter().flat_map(|schema| schema.aliases).copied();
    let retired = E::RETIRED.iter().map(|retired| retired.name);
    written.chain(aliases).chain(retired)
}

/// One event type: its stable name, the version written now, and the way there from older ones.
#[derive(Debug, Clone, Copy)]
pub struct EventSchema {
    /// Stable name, apart from the Rust name.
    pub name: &'static str,
    /// What Rust calls it.
    pub variant: &'static str,
    /// Names it was stored under before; never written again.
    pub aliases: &'static [&'static str],
    /// The version that is written now, from 1.
    pub version: u32,
    /// One step for each older version, oldest first.
    pub upcasters: &'static [Upcaster],
    /// Its personal fields, by their stored names.
    pub personal: &'static [&'static str],
    /// How its payload is written. What is stored tells its own, so it may change at any time.
    pub format: Format,
    /// Whether large payloads are compressed.
    pub is_compressed: bool,
}

impl EventSchema {
    /// Version 1 of an event type, by its stored name and by the one it has in Rust.
    pub const fn new(name: &'static str, variant: &'static str) -> Self {
        Self {
            name,
            variant,
            aliases: &[],
            version: 1,
            upcasters: &[],
            personal: &[],
            format: Format::Json,
            is_compressed: false,
        }
    }

    /// The same at this version, with the way there.
    #[must_use]
    pub const fn at(mut self, version: u32, upcasters: &'static [Upcaster]) -> Self {
        self.version = version;
        self.upcasters = upcasters;
        self
    }

    /// The same, once stored under other names.
    #[must_use]
    pub const fn once(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// The same, with these personal fields, by their stored names.
    #[must_use]
    pub const fn with_personal(mut self, fields: &'static [&'static str]) -> Self {
        self.personal = fields;
        self
    }

    /// The same, written as MessagePack.
    #[must_use]
    pub const fn as_messagepack(mut self) -> Self {
        self.format = Format::MessagePack;
        self
    }

    /// The same, compressed from 1 KiB on where that makes it smaller.
    #[must_use]
    pub const fn compressed(mut self) -> Self {
        self.is_compressed = true;
        self
    }
}

/// Why an event has no stored form.
///
/// **Do:** fix the event's type or value; it is refused every time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A value that has no form in the format of its event.
    #[error("no stored form: {0}")]
    Json(#[from] serde_json::Error),
    /// A payload that is to be compressed, over [`limits::INFLATED_BYTES`].
    #[error(
        "its payload holds {bytes} bytes, at most {} are allowed",
        limits::INFLATED_BYTES
    )]
    TooLarge {
        /// Its size before it is compressed.
        bytes: usize,
    },
    /// A value that cannot be a tag or an event type.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A personal field that cannot be sealed.
    #[error("field {field}: {fault}")]
    Personal {
        /// Its stored name.
        field: &'static str,
        /// Why not.
        #[source]
        fault: crate::personal::PersonalFault,
    },
}
