//! Publications: which events are told to others, and what of each.

use annals_core::{Bytes, ContentType, EffectError, EffectStart, Event, Recorded, RecordedEvent};

/// What is told to others: which events, under which name, where, and in order with what.
///
/// # Contract
///
/// 1. [`topic`](Self::topic) depends on the record alone, and stays the same for ever: the order of a
///    topic is what destinations recognise repeats by. Under another mapping it is another publication,
///    with another [`NAME`](Self::NAME) and other topics.
/// 2. [`data`](Self::data) depends on the event alone, so that a repeat tells the same.
pub trait Publication: Send + Sync + 'static {
    /// The events that are told.
    type Event: Event;

    /// The name that its checkpoint is kept under, and what it is operated by: see
    /// [`Effect::NAME`](annals_core::Effect::NAME).
    const NAME: &'static str;

    /// The categories that are told of; none tells of all.
    const CATEGORIES: &'static [&'static str] = &[];

    /// The tags an event must carry, all of them; none asks for none.
    const TAGS: &'static [&'static str] = &[];

    /// Where it begins when it is declared for the first time.
    const START: EffectStart;

    /// Who tells: a URI by which receivers know this store from all others.
    fn source(&self) -> &str;

    /// The Redis stream or the NATS subject an event goes to, and what it stays in order with. The
    /// events of a topic go one after the other, and one that is parked holds up those behind it; topics
    /// go beside each other. A webhook has one URL for all topics.
    fn topic(record: &RecordedEvent) -> String;

    /// What is told of an event; nothing leaves it out. Unless said otherwise, it is the event in its
    /// newest shape. What is [personal](annals_core::Personal) stays sealed in that: who wants to tell
    /// it opens it here, and answers for what becomes of it outside.
    ///
    /// # Errors
    /// [`EffectError::Event`] when the event has no form for others.
    fn data(&self, event: &Recorded<Self::Event>) -> Result<Option<Data>, EffectError> {
        let bytes = event.event.encode().map_err(EffectError::event)?;
        let content_type = event.event.schema().format.content_type();
        Ok(Some(Data {
            content_type,
            bytes: bytes.into(),
        }))
    }
}

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// The media type of the bytes.
    pub content_type: ContentType,
    /// The bytes.
    pub bytes: Bytes,
}

impl Data {
    /// A JSON value.
    #[must_use]
    pub fn json(value: &serde_json::Value) -> Self {
        Self {
            content_type: ContentType::json(),
            bytes: value.to_string().into(),
        }
    }
}
