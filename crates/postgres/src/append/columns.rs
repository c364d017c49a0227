//! What goes out: a group as columns.

use annals_core::{Append, ContentType, ExpectedVersion, NewEvent, Query, StreamId, StreamWrite};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::group::Group;
use crate::error::PostgresError;
use crate::kinds::{Kind, Kinds};
use crate::postgres::Parameter;
use crate::read::Reader;

/// The statement, and the types of what [`Columns::parameters`] gives it.
pub(super) const CALL: &str = "select verdicts, positions, versions, head, server_time from
    {schema}.append($1, $2, $3, $4, $5, ($6::text)::jsonb, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
    $19, $20, $21, $22)";

/// A group as the columns that the database takes it by.
#[derive(Default)]
pub(super) struct Columns<'a> {
    append_ids: Vec<Uuid>,
    append_counts: Vec<i16>,
    follows: Option<&'a [bool]>,
    conditions: Option<String>,
    write_appends: Vec<i32>,
    write_streams: Vec<&'a str>,
    write_expected: Vec<i64>,
    write_events: Vec<i32>,
    event_appends: Vec<i32>,
    event_writes: Vec<i32>,
    event_offsets: Vec<i32>,
    append_indexes: Vec<i16>,
    event_ids: Vec<Uuid>,
    event_kinds: Vec<i32>,
    schema_versions: Vec<i64>,
    event_streams: Vec<&'a str>,
    content_types: Option<Vec<Option<&'a str>>>,
    tags: Option<Vec<Option<String>>>,
    metadata: Option<Vec<Option<Vec<u8>>>>,
    data: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    /// The columns of a group. Kinds whose numbers are not known are learnt first.
    pub(super) async fn learning(group: &'a Group, reader: &Reader) -> Result<Self, PostgresError> {
        let unknown = match Self::of(group, &reader.kinds) {
            Ok(columns) => return Ok(columns),
            Err(unknown) => unknown,
        };
        reader.kinds.learn(&reader.postgres, unknown).await?;
        let unrecorded = |_| PostgresError::unavailable("the event types could not be recorded");
        Self::of(group, &reader.kinds).map_err(unrecorded)
    }

    /// The columns of a group, or the kinds whose numbers are not known yet.
    fn of(group: &'a Group, kinds: &Kinds) -> Result<Self, Vec<Kind>> {
        let mut columns = Self {
            follows: Some(group.follows.as_slice()).filter(|follows| follows.contains(&true)),
            conditions: conditions(group),
            ..Self::default()
        };
        let mut unknown = Vec::new();
        let mut offsets: HashMap<&StreamId, i32> = HashMap::new();
        for append in group.appends() {
            columns.push_append(append);
            let mut indexes = 0..;
            for write in &append.writes {
                columns.push_write(write);
                let offset = offsets.entry(&write.stream).or_default();
                for (event, index) in write.events.iter().zip(&mut indexes) {
                    *offset += 1;
                    columns.push_place(write, *offset, index);
                    columns.push_event(event);
                    match kinds.number(&write.stream, &event.event_type) {
                        Some(kind) => columns.event_kinds.push(kind),
                        None => unknown.push(kind_of(write, event)),
                    }
                }
            }
        }
        match unknown.is_empty() {
            true => Ok(columns),
            false => Err(unknown),
        }
    }

    fn push_append(&mut self, append: &Append) {
        let events = i16::try_from(append.events().count());
        self.append_ids.push(append.id.0);
        self.append_counts
            .push(events.expect("an append is bounded"));
    }

    /// A write of the append that was pushed last.
    fn push_write(&mut self, write: &'a StreamWrite) {
        self.write_appends.push(number(self.append_ids.len()));
        self.write_streams.push(write.stream.as_str());
        self.write_expected.push(expected(write.expected));
        self.write_events.push(number(write.events.len()));
    }

    /// Where an event of the write that was pushed last belongs.
    fn push_place(&mut self, write: &'a StreamWrite, offset: i32, index: i16) {
        self.event_appends.push(number(self.append_ids.len()));
        self.event_writes.push(number(self.write_appends.len()));
        self.event_offsets.push(offset);
        self.append_indexes.push(index);
        self.event_streams.push(write.stream.as_str());
    }

    fn push_event(&mut self, event: &'a NewEvent) {
        let nth = self.event_ids.len();
        self.event_ids.push(event.id.0);
        self.schema_versions.push(event.schema_version.into());
        let content_type =
            Some(event.content_type.as_str()).filter(|_| event.content_type != ContentType::json());
        push_sparse(&mut self.content_types, nth, content_type);
        let tags: Vec<&str> = event.tags.iter().map(annals_core::Tag::as_str).collect();
        push_sparse(
            &mut self.tags,
            nth,
            Some(tags.join("\n")).filter(|_| !tags.is_empty()),
        );
        let metadata = event.metadata.to_bytes();
        push_sparse(
            &mut self.metadata,
            nth,
            Some(metadata).filter(|bytes| !bytes.is_empty()),
        );
        self.data.push(&event.data);
    }

    /// The parameters of [`CALL`].
    pub(super) fn parameters<'b>(
        &'b self,
        valid_until: &'b Timestamp,
        careful: &'b bool,
    ) -> [Parameter<'b>; 22] {
        [
            (valid_until, Type::TIMESTAMPTZ),
            (careful, Type::BOOL),
            (&self.append_ids, Type::UUID_ARRAY),
            (&self.append_counts, Type::INT2_ARRAY),
            (&self.follows, Type::BOOL_ARRAY),
            (&self.conditions, Type::TEXT),
            (&self.write_appends, Type::INT4_ARRAY),
            (&self.write_streams, Type::TEXT_ARRAY),
            (&self.write_expected, Type::INT8_ARRAY),
            (&self.write_events, Type::INT4_ARRAY),
            (&self.event_appends, Type::INT4_ARRAY),
            (&self.event_writes, Type::INT4_ARRAY),
            (&self.event_offsets, Type::INT4_ARRAY),
            (&self.append_indexes, Type::INT2_ARRAY),
            (&self.event_ids, Type::UUID_ARRAY),
            (&self.event_kinds, Type::INT4_ARRAY),
            (&self.schema_versions, Type::INT8_ARRAY),
            (&self.event_streams, Type::TEXT_ARRAY),
            (&self.content_types, Type::TEXT_ARRAY),
            (&self.tags, Type::TEXT_ARRAY),
            (&self.metadata, Type::BYTEA_ARRAY),
            (&self.data, Type::BYTEA_ARRAY),
        ]
    }
}

/// Adds a value to a column that is made only when there is one.
fn push_sparse<T>(column: &mut Option<Vec<Option<T>>>, nth: usize, value: Option<T>) {
    match column {
        Some(column) => column.push(value),
        None if value.is_some() => {
            let mut made: Vec<Option<T>> = std::iter::repeat_with(|| None).take(nth).collect();
            made.push(value);
            *column = Some(made);
        }
        None => {}
    }
}

fn expected(version: ExpectedVersion) -> i64 {
    match version {
        ExpectedVersion::Any => -1,
        ExpectedVersion::Exists => -2,
        ExpectedVersion::NoStream => 0,
        // No stream is so long: it is a conflict as it should be.
        ExpectedVersion::At(version) => i64::try_from(version.0).unwrap_or(i64::MAX),
    }
}

fn kind_of(write: &StreamWrite, event: &NewEvent) -> Kind {
    let category = write.stream.category().to_owned();
    (category, event.event_type.clone())
}

/// The conditions of a group, if there is one.
fn conditions(group: &Group) -> Option<String> {
    let numbered = group.appends().zip(1..);
    let conditions = numbered.filter_map(|(append, number)| condition(number, append));
    let conditions: Vec<_> = conditions.collect();
    (!conditions.is_empty()).then(|| serde_json::Value::Array(conditions).to_string())
}

fn condition(append: i32, asked: &Append) -> Option<serde_json::Value> {
    let condition = asked.condition.as_ref()?;
    let after = i64::try_from(condition.after.0).unwrap_or(i64::MAX);
    Some(json!({ "append": append, "after": after, "query": query(&condition.query) }))
}

/// A query as the database takes it: all events are those of one item without terms.
fn query(query: &Query) -> Vec<serde_json::Value> {
    let item = |categories: Vec<&str>, types: Vec<&str>, tags: Vec<&str>| json!({ "categories": categories, "types": types, "tags": tags });
    if query.items().is_empty() {
        return vec![item(vec![], vec![], vec![])];
    }
    let items = query.items().iter().map(|asked| {
        item(
            asked.categories.iter().map(String::as_str).collect(),
            asked
                .types
                .iter()
                .map(annals_core::EventType::as_str)
                .collect(),
            asked.tags.iter().map(annals_core::Tag::as_str).collect(),
        )
    });
    items.collect()
}

fn number(count: usize) -> i32 {
    i32::try_from(count).expect("a group is bounded")
}
