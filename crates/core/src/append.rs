//! Appends: what is asked of the store, and what it answers.

use crate::error::InvalidAppend;
use crate::event::NewEvent;
use crate::ids::AppendId;
use crate::limits;
use crate::metadata::Metadata;
use crate::name;
use crate::position::{Position, StreamVersion};
use crate::query::{AppendCondition, Query};
use crate::stream::StreamId;

/// What a writer expects of a stream when its events are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedVersion {
    /// Nothing: append whatever is there.
    Any,
    /// The stream has no events.
    NoStream,
    /// The stream has at least one event.
    Exists,
    /// The stream is exactly at this version.
    At(StreamVersion),
}

impl ExpectedVersion {
    /// True if a stream at `actual` is as expected.
    pub fn holds_at(self, actual: StreamVersion) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual == StreamVersion::NONE,
            Self::Exists => actual > StreamVersion::NONE,
            Self::At(version) => actual == version,
        }
    }
}

/// What a writer that has loaded a stream up to `version` expects when it appends.
impl From<StreamVersion> for ExpectedVersion {
    fn from(version: StreamVersion) -> Self {
        match version {
            StreamVersion::NONE => Self::NoStream,
            version => Self::At(version),
        }
    }
}

/// Events that are recorded together or not at all, over one or several streams.
#[derive(Debug, Clone, PartialEq)]
pub struct Append {
    /// Identity of this append: the same for every retry.
    pub id: AppendId,
    /// What goes where. Positions are given in this order.
    pub writes: Vec<StreamWrite>,
    /// Beyond the expected versions, what must not have happened.
    pub condition: Option<AppendCondition>,
}

/// Events for one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamWrite {
    /// Where they go.
    pub stream: StreamId,
    /// What is expected of it.
    pub expected: ExpectedVersion,
    /// The events, in order; at least one.
    pub events: Vec<NewEvent>,
}

impl Append {
    /// An append to one stream, identified by its events' ids.
    pub fn to(stream: StreamId, expected: ExpectedVersion, events: Vec<NewEvent>) -> Self {
        Self::to_streams(vec![StreamWrite {
            stream,
            expected,
            events,
        }])
    }

    /// An append to several streams, identified by its events' ids.
    pub fn to_streams(writes: Vec<StreamWrite>) -> Self {
        let ids = writes.iter().flat_map(|write| &write.events).map(|e| e.id);
        Self {
            id: AppendId::of_events(ids),
            writes,
            condition: None,
        }
    }

    /// The same append under an identity of the caller's choice.
    #[must_use]
    pub fn with_id(mut self, id: AppendId) -> Self {
        self.id = id;
        self
    }

    /// The same append, refused when an event matching `query` was recorded after `after`.
    #[must_use]
    pub fn unless(mut self, query: Query, after: Position) -> Self {
        self.condition = Some(AppendCondition { query, after });
        self
    }

    /// All events, in the order of their positions.
    pub fn events(&self) -> impl Iterator<Item = &NewEvent> {
        self.writes.iter().flat_map(|write| &write.events)
    }

    /// Checks shape and limits: what any store refuses before it looks at its data.
    ///
    /// # Errors
    /// [`InvalidAppend`]: the same append is refused every time.
    pub fn validate(&self) -> Result<(), InvalidAppend> {
        self.measure().map(drop)
    }

    /// Checks the same, and tells how many bytes it takes: payloads, metadata and names, those of
    /// its condition too.
    ///
    /// # Errors
    /// [`InvalidAppend`]: the same append is refused every time.
    pub fn measure(&self) -> Result<usize, InvalidAppend> {
        self.validate_shape()?;
        let mut bytes = 0;
        for event in self.events() {
            bytes += event_bytes(event)?;
        }
        if bytes > limits::APPEND_BYTES {
            return Err(InvalidAppend::TooManyBytes { bytes });
        }
        if let Some(condition) = &self.condition {
            validate_query(&condition.query)?;
            bytes += condition.query.bytes();
        }
        Ok(bytes)
    }

    fn validate_shape(&self) -> Result<(), InvalidAppend> {
        let events = self.events().count();
        if events == 0 || self.writes.iter().any(|write| write.events.is_empty()) {
            return Err(InvalidAppend::Empty);
        }
        if events > limits::APPEND_EVENTS {
            return Err(InvalidAppend::TooManyEvents { events });
        }
        let mut streams = std::collections::HashSet::new();
        for write in &self.writes {
            if !streams.insert(&write.stream) {
                let stream = write.stream.clone();
                return Err(InvalidAppend::StreamTwice { stream });
            }
        }
        let mut ids = std::collections::HashSet::new();
        match self.events().find(|event| !ids.insert(event.id)) {
            Some(event) => Err(InvalidAppend::EventTwice { event: event.id }),
            None => Ok(()),
        }
    }
}

fn event_bytes(event: &NewEvent) -> Result<usize, InvalidAppend> {
    let id = event.id;
    if event.data.len() > limits::EVENT_BYTES {
        let bytes = event.data.len();
        return Err(InvalidAppend::EventTooLarge { event: id, bytes });
    }
    if event.tags.len() > limits::EVENT_TAGS {
        let tags = event.tags.len();
        return Err(InvalidAppend::TooManyTags { event: id, tags });
    }
    if event.schema_version == 0 {
        return Err(InvalidAppend::NoSchemaVersion { event: id });
    }
    let written = event.metadata.to_bytes();
    let metadata = written.len();
    if Metadata::is_too_large(metadata) {
        return Err(InvalidAppend::MetadataTooLarge {
            event: id,
            bytes: metadata,
        });
    }
    check_texts(event)?;
    // Nested too deep, metadata is written and never read again: it must not be taken at all.
    if !Metadata::from_bytes(&written).is_ok_and(|read| read == event.metadata) {
        return Err(InvalidAppend::MetadataUnreadable { event: id });
    }
    let names: usize = event.tags.iter().map(|tag| tag.as_str().len()).sum();
    let names = names + event.event_type.as_str().len() + event.content_type.as_str().len();
    Ok(event.data.len() + metadata + names)
}

fn check_texts(event: &NewEvent) -> Result<(), InvalidAppend> {
    for (field, text, limit) in event.metadata.texts() {
        let bytes = text.map_or(0, str::len);
        if bytes > limit {
            return Err(InvalidAppend::MetadataTextTooLong {
                event: event.id,
                field,
                bytes,
                limit,
            });
        }
    }
    Ok(())
}

/// Checks a query's limits, and its categories: the only names in it that are not checked yet.
pub(crate) fn validate_query(query: &Query) -> Result<(), InvalidAppend> {
    let too_long = |item: &crate::query::QueryItem| {
        let most = limits::QUERY_ITEM_TERMS;
        item.types.len() > most || item.tags.len() > most || item.categories.len() > most
    };
    if query.items().len() > limits::QUERY_ITEMS || query.items().iter().any(too_long) {
        return Err(InvalidAppend::QueryTooLarge);
    }
    let mut categories = query.items().iter().flat_map(|item| &item.categories);
    categories
        .try_for_each(|category| name::check("category", category))
        .map_err(InvalidAppend::QueryCategory)
}

/// Where an append was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Which append.
    pub id: AppendId,
    /// Position of its first event.
    pub first: Position,
    /// Position of its last event: wait for it to read your own write.
    pub last: Position,
    /// The version of each stream after it, in the order of the append's writes.
    pub versions: Vec<(StreamId, StreamVersion)>,
}

impl Appended {
    /// The version this append brought a stream to, if it wrote to it.
    pub fn version_of(&self, stream: &StreamId) -> Option<StreamVersion> {
        let found = self.versions.iter().find(|(written, _)| written == stream);
        found.map(|(_, version)| *version)
    }
}
