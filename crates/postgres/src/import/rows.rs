//! The rows that a batch makes of its appends.

use annals_core::{
    Append, AppendError, ContentType, EventType, NewEvent, Position, StreamId, StreamVersion,
    StreamWrite, Tag,
};
use jiff::Timestamp;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::batch::Batch;
use super::error::Stop;
use super::found::Found;
use crate::error::PostgresError;
use crate::kinds::Kinds;
use crate::postgres::{Postgres, Transaction};

const COPY_EVENTS: &str = "copy {schema}.events (position, version, recorded_at, kind,
    append_id, append_index, append_count, stream,
    id, schema_version, content_type, tags, metadata, data) from stdin (format binary)";

/// The types of [`EventRow::values`].
const EVENT_TYPES: [Type; 14] = [
    Type::INT8,
    Type::INT8,
    Type::TIMESTAMPTZ,
    Type::INT4,
    Type::UUID,
    Type::INT2,
    Type::INT2,
    Type::TEXT,
    Type::UUID,
    Type::INT8,
    Type::TEXT,
    Type::TEXT_ARRAY,
    Type::BYTEA,
    Type::BYTEA,
];

const COPY_TAGS: &str = "copy {schema}.tags (tag, position) from stdin (format binary)";

const TAG_TYPES: [Type; 2] = [Type::TEXT, Type::INT8];

/// The rows of a batch.
pub(super) struct Rows<'a> {
    kinds: &'a Kinds,
    /// What comes behind these rows will find.
    found: Found,
    events: Vec<EventRow<'a>>,
    /// Tag and position, each pair once and in the order of their index.
    tags: Vec<(&'a str, i64)>,
}

/// A row of the table of events.
struct EventRow<'a> {
    position: i64,
    version: i64,
    recorded_at: Timestamp,
    kind: i32,
    append_id: Uuid,
    append_index: i16,
    append_count: i16,
    stream: &'a str,
    content: Content<'a>,
}

/// What an event is, wherever it is recorded. What most events do not have is left out.
struct Content<'a> {
    id: Uuid,
    schema_version: i64,
    /// JSON, if there is none.
    content_type: Option<&'a str>,
    tags: Option<Vec<&'a str>>,
    metadata: Option<Vec<u8>>,
    data: &'a [u8],
}

impl<'a> Rows<'a> {
    /// The rows of a batch's appends, one after the other: each finds what those before it leave.
    /// Those that are recorded already make none.
    pub(super) fn of(batch: &'a Batch, found: Found, kinds: &'a Kinds) -> Result<Self, Stop> {
        let mut rows = Self {
            kinds,
            found,
            events: Vec::new(),
            tags: Vec::new(),
        };
        for append in batch.appends() {
            let taken = match rows.found.repeats.remove(&append.id) {
                Some(repeated) => repeated.map(drop),
                None => rows.add(append),
            };
            taken.map_err(|refusal| Stop::refused(append.id, refusal))?;
        }
        rows.tags.sort_unstable();
        rows.tags.dedup();
        Ok(rows)
    }

    /// The position of the last event of the store, once they are in it.
    pub(super) fn last(&self) -> Position {
        self.found.head
    }

    /// Copies all of them into the tables.
    pub(super) async fn copy(
        &self,
        tx: &Transaction<'_>,
        postgres: &Postgres,
    ) -> Result<(), PostgresError> {
        let events = self.events.iter().map(EventRow::values);
        tx.copy(&postgres.sql(COPY_EVENTS), &EVENT_TYPES, events)
            .await?;
        let tags = self.tags.iter();
        let tags = tags.map(|(tag, position)| [tag as _, position as _]);
        tx.copy(&postgres.sql(COPY_TAGS), &TAG_TYPES, tags).await
    }

    fn add(&mut self, append: &'a Append) -> Result<(), AppendError> {
        for write in &append.writes {
            self.check(write)?;
        }
        let writes = append.writes.iter();
        let events = writes.flat_map(|write| write.events.iter().map(move |event| (write, event)));
        for ((write, event), append_index) in events.zip(0..) {
            let position = self.next_position();
            let tags = event.tags.iter().map(|tag| (tag.as_str(), position));
            self.tags.extend(tags);
            let row = EventRow {
                position,
                version: self.next_version(&write.stream),
                recorded_at: self.found.recorded_at,
                kind: self.kind(&write.stream, &event.event_type),
                append_id: append.id.0,
                append_index,
                append_count: i16::try_from(append.events().count()).expect("an append is bounded"),
                stream: write.stream.as_str(),
                content: Content::of(event),
            };
            self.events.push(row);
        }
        Ok(())
    }

    fn check(&mut self, write: &StreamWrite) -> Result<(), AppendError> {
        let actual = StreamVersion(*self.version(&write.stream));
        if write.expected.holds_at(actual) {
            return Ok(());
        }
        Err(AppendError::Conflict {
            stream: write.stream.clone(),
            expected: write.expected,
            actual,
        })
    }

    fn next_position(&mut self) -> i64 {
        self.found.head = self.found.head.next();
        self.found.head.0.cast_signed()
    }

    fn next_version(&mut self, stream: &StreamId) -> i64 {
        let version = self.version(stream);
        *version += 1;
        version.cast_signed()
    }

    fn version(&mut self, stream: &StreamId) -> &mut u64 {
        let version = self.found.versions.get_mut(stream.as_str());
        version.expect("every stream was looked up")
    }

    fn kind(&self, stream: &StreamId, event_type: &EventType) -> i32 {
        let number = self.kinds.number(stream, event_type);
        number.expect("its number was learnt before")
    }
}

impl<'a> Content<'a> {
    fn of(event: &'a NewEvent) -> Self {
        let is_json = event.content_type == ContentType::json();
        let tags: Vec<&str> = event.tags.iter().map(Tag::as_str).collect();
        let metadata = event.metadata.to_bytes();
        Self {
            id: event.id.0,
            schema_version: event.schema_version.into(),
            content_type: (!is_json).then_some(event.content_type.as_str()),
            tags: (!tags.is_empty()).then_some(tags),
            metadata: (!metadata.is_empty()).then_some(metadata),
            data: &event.data,
        }
    }
}

impl EventRow<'_> {
    /// In the order of [`COPY_EVENTS`].
    fn values(&self) -> [&(dyn ToSql + Sync); 14] {
        [
            &self.position,
            &self.version,
            &self.recorded_at,
            &self.kind,
            &self.append_id,
            &self.append_index,
            &self.append_count,
            &self.stream,
            &self.content.id,
            &self.content.schema_version,
            &self.content.content_type,
            &self.content.tags,
            &self.content.metadata,
            &self.content.data,
        ]
    }
}
