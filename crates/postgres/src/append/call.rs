//! The one round trip: a group goes out as columns, verdicts come back.

use annals_core::{
    Append, AppendError, Appended, ContentType, ExpectedVersion, NewEvent, Position, Query,
    StreamId, StreamVersion, StreamWrite,
};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use tokio_postgres::Row;
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
        let mut columns = Self::default();
        let mut unknown = Vec::new();
        let mut conditions = Vec::new();
        let mut offsets: HashMap<&StreamId, i32> = HashMap::new();
        for append in group.appends() {
            columns.append_ids.push(append.id.0);
            let number = number(columns.append_ids.len());
            conditions.extend(condition(number, append));
            columns.append_counts.push(small(append.events().count()));
            let mut index = 0;
            for write in &append.writes {
                columns.write_appends.push(number);
                columns.write_streams.push(write.stream.as_str());
                columns.write_expected.push(expected(write.expected));
                columns.write_events.push(self::number(write.events.len()));
                let offset = offsets.entry(&write.stream).or_default();
                for event in &write.events {
                    *offset += 1;
                    match kinds.number(&write.stream, &event.event_type) {
                        Some(kind) => columns.event_kinds.push(kind),
                        None => unknown
                            .push((write.stream.category().to_owned(), event.event_type.clone())),
                    }
                    columns.event_appends.push(number);
                    columns
                        .event_writes
                        .push(self::number(columns.write_appends.len()));
                    columns.event_offsets.push(*offset);
                    columns.append_indexes.push(index);
                    columns.event_streams.push(write.stream.as_str());
                    columns.push_event(event);
                    index += 1;
                }
            }
        }
        if !unknown.is_empty() {
            return Err(unknown);
        }
        if group.follows.contains(&true) {
            columns.follows = Some(&group.follows);
        }
        if !conditions.is_empty() {
            columns.conditions = Some(serde_json::Value::Array(conditions).to_string());
        }
        Ok(columns)
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

fn small(count: usize) -> i16 {
    i16::try_from(count).expect("an append is bounded")
}

/// What the database says to a group.
pub(super) struct Answer {
    /// None of them: all are taken.
    verdicts: Option<Vec<i16>>,
    positions: Vec<i64>,
    versions: Vec<i64>,
    head: u64,
    pub(super) server_time: Timestamp,
}

/// What becomes of one append.
pub(super) enum Verdict {
    Known(Result<Appended, AppendError>),
    /// It repeats what was recorded as the event at this position, or says it does.
    Repeats(Position),
}

impl Answer {
    pub(super) fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let positions: Option<Vec<i64>> = row.try_get(1)?;
        let head: i64 = row.try_get(3)?;
        Ok(Self {
            verdicts: row.try_get(0)?,
            positions: positions.unwrap_or_default(),
            versions: row.try_get(2)?,
            head: head.unsigned_abs(),
            server_time: row.try_get(4)?,
        })
    }

    /// The positions of the last event before the group, and of the last one after it.
    pub(super) fn recorded(&self, group: &Group) -> (Position, Position) {
        let (_, last) = self.verdicts(group);
        (Position(self.head), last)
    }

    /// The verdict on each append, and the position of the last event recorded.
    pub(super) fn verdicts(&self, group: &Group) -> (Vec<Verdict>, Position) {
        let mut last = self.head;
        // How many events of this group each stream got so far.
        let mut taken: HashMap<&StreamId, u64> = HashMap::new();
        let mut writes = self.versions.iter().map(|version| version.unsigned_abs());
        let mut verdicts = Vec::with_capacity(group.requests.len());
        for (nth, append) in group.appends().enumerate() {
            let before: Vec<u64> = writes.by_ref().take(append.writes.len()).collect();
            let position = self
                .positions
                .get(nth)
                .map(|at| Position(at.unsigned_abs()));
            let verdict = self.verdicts.as_ref().map_or(0, |verdicts| verdicts[nth]);
            verdicts.push(match (verdict, position) {
                (1, Some(position)) => Verdict::Repeats(position),
                (3, Some(position)) => {
                    Verdict::Known(Err(AppendError::ConditionFailed { position }))
                }
                (2, _) => Verdict::Known(Err(conflict(append, &before, &taken))),
                _ => Verdict::Known(Ok(take(append, &before, &mut taken, &mut last))),
            });
        }
        (verdicts, Position(last))
    }
}

fn take<'a>(
    append: &'a Append,
    before: &[u64],
    taken: &mut HashMap<&'a StreamId, u64>,
    last: &mut u64,
) -> Appended {
    let first = Position(*last + 1);
    let mut versions = Vec::with_capacity(append.writes.len());
    for (write, before) in append.writes.iter().zip(before) {
        let events = write.events.len() as u64;
        let so_far = taken.entry(&write.stream).or_default();
        *so_far += events;
        *last += events;
        versions.push((write.stream.clone(), StreamVersion(before + *so_far)));
    }
    Appended {
        id: append.id,
        first,
        last: Position(*last),
        versions,
    }
}

/// Of the writes that do not find what they expect, the first that never will; if all of them may
/// yet, the first.
fn conflict(append: &Append, before: &[u64], taken: &HashMap<&StreamId, u64>) -> AppendError {
    let conflict = |(write, before): (&StreamWrite, &u64)| {
        let actual = StreamVersion(before + taken.get(&write.stream).unwrap_or(&0));
        (!write.expected.holds_at(actual)).then(|| AppendError::Conflict {
            stream: write.stream.clone(),
            expected: write.expected,
            actual,
        })
    };
    let conflicts = append.writes.iter().zip(before).filter_map(conflict);
    let found = conflicts.min_by_key(may_pass);
    found.unwrap_or_else(|| AppendError::Unavailable {
        reason: "the database refused an append whose streams are as expected".to_owned(),
    })
}

/// True for a refusal that need not be the last word while a statement is on its way whose answer
/// was lost: it may come after others have brought the stream to where it is expected.
pub(super) fn may_pass(refusal: &AppendError) -> bool {
    let AppendError::Conflict {
        expected, actual, ..
    } = refusal
    else {
        return false;
    };
    match expected {
        ExpectedVersion::Exists => true,
        ExpectedVersion::At(version) => actual < version,
        ExpectedVersion::Any | ExpectedVersion::NoStream => false,
    }
}
