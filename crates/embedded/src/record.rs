//! The bytes of one event in the log. Pure functions; byte by byte in `docs/format/event.md`.
//!
//! ```text
//! 0      1       17      33            41        49        53      55      57
//! ┌──────┬───────┬───────┬─────────────┬─────────┬─────────┬───────┬───────┐
//! │ 0x01 │append │ event │ recorded at │ stream  │ schema  │ index │ count │
//! │      │  id   │  id   │ (µs, i64)   │ version │ version │ (u16) │ (u16) │
//! ├──────┴───────┴──┬────┴─────────────┼─────────┴────┬────┴───────┴───────┤
//! │ stream id (t16) │ event type (t16) │ content type │ tags: u16, t16 …   │
//! ├─────────────────┴──────────────────┴──────────────┴────────────────────┤
//! │ metadata: u32, JSON or nothing       │ payload: u32, bytes             │
//! └──────────────────────────────────────┴─────────────────────────────────┘
//! ```
//!
//! Integers are little-endian; `t16` is a length of 16 bits and that many bytes of UTF-8. An
//! empty content type means `application/json`. Index and count place the event in its append.

use annals_core::{
    AppendId, Bytes, ContentType, EventId, EventType, Keys, Metadata, NewEvent, Position,
    RecordedEvent, StreamId, StreamVersion, Tag, Timestamp,
};
use uuid::Uuid;

use crate::index::Span;

const FORMAT: u8 = 1;

/// Where an event stands: what the store adds to a [`NewEvent`].
pub(crate) struct Place<'a> {
    pub(crate) append: AppendId,
    pub(crate) stream: &'a StreamId,
    pub(crate) version: StreamVersion,
    pub(crate) recorded_at: Timestamp,
    /// Which event of its append this is, from 0.
    pub(crate) index: u16,
    /// How many events its append has.
    pub(crate) count: u16,
}

/// A decoded record.
pub(crate) struct Record {
    pub(crate) event: RecordedEvent,
    index: u16,
    count: u16,
}

impl Record {
    /// The positions of the append that brought it.
    pub(crate) fn span(&self) -> Span {
        let first = self.event.position.0 - u64::from(self.index);
        Span {
            first: Position(first),
            last: Position(first + u64::from(self.count) - 1),
        }
    }
}

/// Why bytes are no event. The log has checked that they are what was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("record format {0} is not known to this version")]
    UnknownFormat(u8),
    #[error("record ends within its {0}")]
    Short(&'static str),
    #[error("record goes on after its payload")]
    Long,
    #[error("record holds no valid {0}")]
    Invalid(&'static str),
}

/// Appends the bytes of an event to `out`.
pub(crate) fn encode(event: &NewEvent, place: &Place<'_>, out: &mut Vec<u8>) {
    out.push(FORMAT);
    out.extend_from_slice(place.append.0.as_bytes());
    out.extend_from_slice(event.id.0.as_bytes());
    out.extend_from_slice(&place.recorded_at.as_microsecond().to_le_bytes());
    out.extend_from_slice(&place.version.0.to_le_bytes());
    out.extend_from_slice(&event.schema_version.to_le_bytes());
    out.extend_from_slice(&place.index.to_le_bytes());
    out.extend_from_slice(&place.count.to_le_bytes());
    put_text(place.stream.as_str(), out);
    put_text(event.event_type.as_str(), out);
    put_text(stored_content_type(&event.content_type), out);
    out.extend_from_slice(&length16(event.tags.len()).to_le_bytes());
    for tag in &event.tags {
        put_text(tag.as_str(), out);
    }
    put_bytes(&event.metadata.to_bytes(), out);
    put_bytes(&event.data, out);
}

/// Reads the bytes of an event.
pub(crate) fn decode(position: Position, bytes: &Bytes) -> Result<Record, RecordError> {
    let mut input = Input { bytes, at: 0 };
    match input.array::<1>("format")? {
        [FORMAT] => {}
        [other] => return Err(RecordError::UnknownFormat(other)),
    }
    let append = AppendId(Uuid::from_bytes(input.array("append id")?));
    let id = EventId(Uuid::from_bytes(input.array("event id")?));
    let recorded_at = i64::from_le_bytes(input.array("time")?);
    let recorded_at = Timestamp::from_microsecond(recorded_at);
    let version = StreamVersion(u64::from_le_bytes(input.array("stream version")?));
    let schema_version = u32::from_le_bytes(input.array("schema version")?);
    let index = u16::from_le_bytes(input.array("index")?);
    let count = u16::from_le_bytes(input.array("count")?);
    if index >= count || position.0 <= u64::from(index) {
        return Err(RecordError::Invalid("place in its append"));
    }
    let event = RecordedEvent {
        position,
        stream: input.name("stream id", |text| text.parse().ok())?,
        version,
        id,
        append,
        event_type: input.name("event type", |text| EventType::new(text).ok())?,
        schema_version,
        content_type: input.name("content type", content_type)?,
        tags: input.tags()?,
        metadata: input.metadata()?,
        data: input.payload()?,
        recorded_at: recorded_at.map_err(|_| RecordError::Invalid("time"))?,
        keys: Keys::default(),
    };
    Ok(Record {
        event,
        index,
        count,
    })
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&length16(text.len()).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(bytes.len()).expect("limits keep payload and metadata under 4 GiB");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
}

fn length16(length: usize) -> u16 {
    u16::try_from(length).expect("limits keep names and tag counts under 65,536")
}

fn stored_content_type(content_type: &ContentType) -> &str {
    if *content_type == ContentType::json() {
        return "";
    }
    content_type.as_str()
}

fn content_type(text: &str) -> Option<ContentType> {
    if text.is_empty() {
        return Some(ContentType::json());
    }
    ContentType::new(text).ok()
}

/// What is left to read.
struct Input<'a> {
    bytes: &'a Bytes,
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], RecordError> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..length).ok_or(RecordError::Short(what))?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], RecordError> {
        let taken = self.take(N, what)?;
        Ok(taken.try_into().expect("take returns what was asked for"))
    }

    fn name<T>(
        &mut self,
        what: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, RecordError> {
        let length = u16::from_le_bytes(self.array(what)?);
        let text = self.take(length.into(), what)?;
        let text = std::str::from_utf8(text).ok();
        text.and_then(parse).ok_or(RecordError::Invalid(what))
    }

    fn tags(&mut self) -> Result<Vec<Tag>, RecordError> {
        let count = u16::from_le_bytes(self.array("tags")?);
        (0..count)
            .map(|_| self.name("tag", |text| Tag::new(text).ok()))
            .collect()
    }

    fn metadata(&mut self) -> Result<Metadata, RecordError> {
        let length = u32::from_le_bytes(self.array("metadata")?);
        let bytes = self.take(length as usize, "metadata")?;
        Metadata::from_bytes(bytes).map_err(|_| RecordError::Invalid("metadata"))
    }

    fn payload(&mut self) -> Result<Bytes, RecordError> {
        let length = u32::from_le_bytes(self.array("payload")?);
        let from = self.at;
        self.take(length as usize, "payload")?;
        if self.at != self.bytes.len() {
            return Err(RecordError::Long);
        }
        Ok(self.bytes.slice(from..self.at))
    }
}

#[cfg(test)]
mod tests;
