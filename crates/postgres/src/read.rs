//! Reading: pages from an index, each from one statement and so of one state of the store.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use annals_core::{
    Append, AppendError, Appended, Corruption, Direction, EventStream, InvalidAppend, Position,
    Read, ReadError, RecordedEvent, StreamId, StreamVersion,
};
use futures_util::TryStreamExt;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::head::Head;
use crate::kinds::Kinds;
use crate::postgres::Postgres;
use crate::query::{self, Bounds, Statement};
use crate::record::{self, COLUMNS, RecordError};

mod walk;
mod within;

#[cfg(test)]
mod tests;

use walk::Walk;

/// A page ends early once its payloads take so many bytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// What reading needs, shared by everything that reads.
pub(crate) struct Reader {
    pub(crate) postgres: Postgres,
    pub(crate) kinds: Kinds,
    pub(crate) head: Head,
}

/// Some events in order, from one state of the store.
pub(crate) struct Page {
    pub(crate) events: Vec<RecordedEvent>,
    /// The last position of the whole store in that state.
    pub(crate) head: Position,
    /// True if there were no more events that were asked for.
    pub(crate) is_last: bool,
}

/// How many events a page may have at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageSize(pub(crate) u64);

impl PageSize {
    /// While nothing is known of the events to come.
    pub(crate) const FIRST: Self = Self(500);
    const LEAST: u64 = 16;
    const MOST: u64 = 4_000;

    /// After a page: as many as fill the next one, if they are as large. What does not fit into a
    /// page was sent for nothing.
    pub(crate) fn after(page: &Page) -> Self {
        let bytes: usize = page.events.iter().map(|event| event.data.len()).sum();
        let fit = (PAGE_BYTES * page.events.len()).checked_div(bytes);
        let fit = fit.map_or(Self::MOST, |fit| fit as u64);
        Self(fit.clamp(Self::LEAST, Self::MOST))
    }
}

impl Reader {
    /// Reads what is recorded now.
    pub(crate) async fn read(self: &Arc<Self>, read: Read) -> Result<EventStream, ReadError> {
        read.source.validate()?;
        Walk::new(self, read).begin().await
    }

    /// A page, and the head of the same state of the store.
    pub(crate) async fn page(&self, bounds: Bounds<'_>) -> Result<Page, ReadError> {
        let statement = bounds.page_with_head(&self.postgres);
        self.fetch(&statement, bounds, Position::START).await
    }

    /// A page of a read that began when the store was at `head`.
    pub(crate) async fn page_within(
        &self,
        bounds: Bounds<'_>,
        head: Position,
    ) -> Result<Page, ReadError> {
        let statement = bounds.page(&self.postgres);
        self.fetch(&statement, bounds, head).await
    }

    async fn fetch(
        &self,
        statement: &Statement,
        bounds: Bounds<'_>,
        mut head: Position,
    ) -> Result<Page, ReadError> {
        let client = self.postgres.client().await?;
        let mut rows = client
            .stream(&statement.sql, &statement.parameters())
            .await?;
        let mut events: Vec<RecordedEvent> = Vec::new();
        let mut bytes = 0;
        while bytes < PAGE_BYTES
            && let Some(row) = rows.try_next().await?
        {
            if statement.tells_head {
                head = position(&row, query::HEAD)?;
                if is_without_event(&row)? {
                    continue;
                }
            }
            let before = events.last().map(|event| &event.stream);
            let event = self.decode(&row, before).await?;
            bytes += event.data.len();
            events.push(event);
        }
        rows.leave_rest();
        sort(&mut events, bounds.direction);
        let is_last = bytes < PAGE_BYTES && (events.len() as u64) < bounds.most;
        Ok(Page {
            events,
            head,
            is_last,
        })
    }

    async fn decode(
        &self,
        row: &Row,
        before: Option<&StreamId>,
    ) -> Result<RecordedEvent, ReadError> {
        match record::decode(row, &self.kinds, before) {
            Err(RecordError::UnknownKind(..)) => self.kinds.learn_all(&self.postgres).await?,
            other => return other.map_err(corrupt),
        }
        record::decode(row, &self.kinds, before).map_err(corrupt)
    }

    /// The position of the last event.
    pub(crate) async fn head(&self) -> Result<Position, ReadError> {
        let sql = self
            .postgres
            .sql("select coalesce(max(position), 0) from {schema}.events");
        let rows = self.postgres.client().await?.rows(&sql, &[]).await?;
        let head = rows
            .first()
            .map_or(Ok(Position::START), |row| position(row, 0))?;
        self.head.reached(head);
        Ok(head)
    }

    /// The version of a stream.
    pub(crate) async fn stream_version(
        &self,
        stream: &StreamId,
    ) -> Result<StreamVersion, ReadError> {
        let sql = self
            .postgres
            .sql("select coalesce(max(version), 0) from {schema}.events where stream = $1");
        let name = stream.as_str();
        let rows = self
            .postgres
            .client()
            .await?
            .rows(&sql, &[(&name, Type::TEXT)])
            .await?;
        let version = rows
            .first()
            .map_or(Ok(Position::START), |row| position(row, 0))?;
        Ok(StreamVersion(version.0))
    }

    /// The appends that recorded the events at these positions, each by that position.
    pub(crate) async fn appends_at(
        &self,
        positions: &[i64],
    ) -> Result<HashMap<i64, Vec<RecordedEvent>>, ReadError> {
        let sql = self.appends_at_sql();
        let rows = self
            .postgres
            .client()
            .await?
            .rows(&sql, &[(&positions, Type::INT8_ARRAY)])
            .await?;
        let mut appends: HashMap<i64, Vec<RecordedEvent>> = HashMap::new();
        for row in rows {
            let asked = row.try_get(query::HEAD).map_err(PostgresError::from)?;
            let event = self.decode(&row, None).await?;
            appends.entry(asked).or_default().push(event);
        }
        Ok(appends)
    }

    /// Each look-up by itself, and limited, so that no plan for it reads all events.
    fn appends_at_sql(&self) -> String {
        self.postgres.sql(&format!(
            "select {COLUMNS}, a.position from (select distinct unnest($1) as position) a
             cross join lateral (
               select f.position - f.append_index as first, f.append_count as events
               from {{schema}}.events f where f.position = a.position offset 0) f
             cross join lateral (
               select * from {{schema}}.events e
               where e.position >= f.first and e.position < f.first + f.events
               order by e.position limit f.events) e
             order by a.position, e.position"
        ))
    }

    /// Acknowledges what was recorded before, at these positions, if it is the same to the letter.
    pub(crate) async fn compare(
        &self,
        asked: &[(&Append, Position)],
    ) -> Vec<Result<Appended, AppendError>> {
        let positions: Vec<i64> = asked.iter().map(|(_, at)| at.0.cast_signed()).collect();
        match self.appends_at(&positions).await {
            Ok(recorded) => answers(asked, &recorded),
            // Nobody knows whether they are what was recorded.
            Err(error) => asked.iter().map(|_| Err(unread(&error))).collect(),
        }
    }
}

/// What those are told that are recorded at these positions, or say they are.
fn answers(
    asked: &[(&Append, Position)],
    recorded: &HashMap<i64, Vec<RecordedEvent>>,
) -> Vec<Result<Appended, AppendError>> {
    let answers = asked.iter().map(|(append, at)| {
        let recorded = recorded
            .get(&at.0.cast_signed())
            .map_or(&[][..], Vec::as_slice);
        repeat(append, recorded)
    });
    answers.collect()
}

/// Acknowledges what was recorded before if it is the same, to the letter.
fn repeat(append: &Append, recorded: &[RecordedEvent]) -> Result<Appended, AppendError> {
    let given = append.writes.iter().flat_map(|write| {
        let stream = &write.stream;
        write.events.iter().map(move |event| (stream, event))
    });
    let same = recorded.len() == append.events().count()
        && given.zip(recorded).all(|((stream, event), record)| {
            record.stream == *stream && record.is_record_of(event)
        });
    if same && let Some(done) = outcome(recorded) {
        return Ok(done);
    }
    let reused = append
        .events()
        .find(|event| recorded.iter().any(|record| record.id == event.id));
    Err(match reused {
        Some(event) => InvalidAppend::EventIdReused { event: event.id },
        None => InvalidAppend::AppendIdReused { append: append.id },
    }
    .into())
}

/// The answer to the append that recorded these events; none recorded nothing.
pub(crate) fn outcome(recorded: &[RecordedEvent]) -> Option<Appended> {
    let (first, last) = (recorded.first()?, recorded.last()?);
    let mut versions: Vec<(StreamId, StreamVersion)> = Vec::new();
    for event in recorded {
        match versions.last_mut() {
            Some((stream, version)) if *stream == event.stream => *version = event.version,
            _ => versions.push((event.stream.clone(), event.version)),
        }
    }
    Some(Appended {
        id: first.append,
        first: first.position,
        last: last.position,
        versions,
    })
}

/// Rows come from an index, and so in order; that is looked at, and seldom anything done.
fn sort(events: &mut [RecordedEvent], direction: Direction) {
    let forwards = |event: &RecordedEvent| event.position;
    let backwards = |event: &RecordedEvent| Reverse(event.position);
    match direction {
        Direction::Forwards if events.is_sorted_by_key(forwards) => {}
        Direction::Backwards if events.is_sorted_by_key(backwards) => {}
        Direction::Forwards => events.sort_by_key(forwards),
        Direction::Backwards => events.sort_by_key(backwards),
    }
}

/// The row that only tells the head.
fn is_without_event(row: &Row) -> Result<bool, PostgresError> {
    Ok(row.try_get::<_, Option<i64>>(0)?.is_none())
}

fn position(row: &Row, column: usize) -> Result<Position, PostgresError> {
    Ok(Position(row.try_get::<_, i64>(column)?.unsigned_abs()))
}

fn corrupt(error: RecordError) -> ReadError {
    match error {
        RecordError::Corrupt(corruption) => corruption.into(),
        RecordError::UnknownKind(position, kind) => Corruption {
            position,
            reason: format!("kind {kind} is not in the table of kinds"),
        }
        .into(),
    }
}

fn unread(error: &ReadError) -> AppendError {
    match error {
        ReadError::Corrupt(corruption) => AppendError::Corrupt(corruption.clone()),
        other => AppendError::Unavailable {
            reason: other.to_string(),
        },
    }
}
