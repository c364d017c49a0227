//! A row of the events table as an event.

use annals_core::{
    AppendId, Bytes, ContentType, Corruption, EventId, Keys, Metadata, Position, RecordedEvent,
    StreamId, StreamVersion, Tag,
};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::kinds::Kinds;

/// The columns of an event, of the table `e`.
pub(crate) const COLUMNS: &str =
    "e.position, e.version, e.recorded_at, e.schema_version, e.id, e.append_id,
    e.kind, e.stream, e.content_type, e.tags, e.metadata, e.data";

/// The place of the payload among them.
pub(crate) const DATA: usize = 11;

/// Why a row is no event.
pub(crate) enum RecordError {
    /// Its kind is not known to this process yet.
    UnknownKind(Position, i32),
    /// It is not what was written.
    Corrupt(Corruption),
}

/// The event of a row with [`COLUMNS`]. Events of one stream share its name with `before`.
pub(crate) fn decode(
    row: &Row,
    kinds: &Kinds,
    before: Option<&StreamId>,
) -> Result<RecordedEvent, RecordError> {
    let position = Position(row.try_get::<_, i64>(0).map_or(0, i64::unsigned_abs));
    let fields = Fields { row, position };
    let kind: i32 = fields.get(6)?;
    let stream: &str = fields.get(7)?;
    let content_type: Option<&str> = fields.get(8)?;
    let tags: Option<Vec<&str>> = fields.get(9)?;
    let metadata: Option<&[u8]> = fields.get(10)?;
    let data: &[u8] = fields.get(DATA)?;
    Ok(RecordedEvent {
        position,
        stream: match before {
            Some(before) if before.as_str() == stream => before.clone(),
            _ => fields.valid(stream.parse())?,
        },
        version: StreamVersion(fields.get::<i64>(1)?.unsigned_abs()),
        recorded_at: fields.get(2)?,
        keys: Keys::default(),
        schema_version: fields.valid(u32::try_from(fields.get::<i64>(3)?))?,
        id: EventId(fields.get(4)?),
        append: AppendId(fields.get(5)?),
        event_type: kinds
            .event_type(kind)
            .ok_or(RecordError::UnknownKind(position, kind))?,
        content_type: match content_type {
            None => ContentType::json(),
            Some(text) => fields.valid(ContentType::new(text))?,
        },
        tags: fields.valid(tags.unwrap_or_default().into_iter().map(Tag::new).collect())?,
        metadata: fields.valid(Metadata::from_bytes(metadata.unwrap_or_default()))?,
        data: Bytes::copy_from_slice(data),
    })
}

struct Fields<'a> {
    row: &'a Row,
    position: Position,
}

impl<'a> Fields<'a> {
    fn get<T: FromSql<'a>>(&self, column: usize) -> Result<T, RecordError> {
        self.valid(self.row.try_get(column))
    }

    fn valid<T, E: std::fmt::Display>(&self, value: Result<T, E>) -> Result<T, RecordError> {
        value.map_err(|fault| {
            RecordError::Corrupt(Corruption {
                position: self.position,
                reason: fault.to_string(),
            })
        })
    }
}
