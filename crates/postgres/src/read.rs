//! Reading: pages from an index, each from one statement and so of one state of the store.

use std::collections::HashMap;
use std::sync::Arc;

use annals_core::{
    Append, AppendError, Appended, Corruption, Direction, EventStream, InvalidAppend, Position,
    Read, ReadError, RecordedEvent, Source, StreamId, StreamVersion,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::head::Head;
use crate::kinds::Kinds;
use crate::postgres::{Client, Postgres};
use crate::query;
use crate::record::{self, COLUMNS, RecordError};

/// How many events the first page of a read has at most, and every later one.
const FIRST_PAGE: u64 = 500;
pub(crate) const PAGE: u64 = 4_000;

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

impl Reader {
    /// Reads what is recorded now.
    pub(crate) async fn read(self: &Arc<Self>, read: Read) -> Result<EventStream, ReadError> {
        read.source.validate()?;
        let mut walk = Walk {
            reader: Arc::clone(self),
            source: read.source,
            direction: read.direction,
            left: read.limit.unwrap_or(u64::MAX),
            head: Position::START,
            is_over: false,
        };
        let first = walk.next(FIRST_PAGE).await?;
        let head = walk.head;
        let later = stream::try_unfold(walk, |mut walk| async move {
            if walk.is_over {
                return Ok(None);
            }
            let page = walk.next(PAGE).await?;
            Ok::<_, ReadError>(Some((page, walk)))
        });
        let pages = stream::once(async { Ok(first) }).chain(later);
        let events = pages
            .map_ok(|page| stream::iter(page.into_iter().map(Ok)))
            .try_flatten();
        Ok(EventStream::new(head, events))
    }

    /// The events of a source, `most` at most.
    pub(crate) async fn page(
        &self,
        source: &Source,
        direction: Direction,
        most: u64,
    ) -> Result<Page, ReadError> {
        let client = self.postgres.client().await?;
        self.page_by(&client, source, direction, most).await
    }

    async fn page_by(
        &self,
        client: &Client,
        source: &Source,
        direction: Direction,
        most: u64,
    ) -> Result<Page, ReadError> {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let statement = query::Page {
            source,
            direction,
            most: limit,
        }
        .statement(&self.postgres);
        let rows = client
            .stream(&statement.sql, &statement.parameters())
            .await?;
        let mut rows = std::pin::pin!(rows);
        let mut page = Page {
            events: Vec::new(),
            head: Position::START,
            is_last: true,
        };
        let mut bytes = 0;
        while let Some(row) = rows.try_next().await.map_err(PostgresError::from)? {
            page.head = position(&row, query::HEAD)?;
            let is_event = row
                .try_get::<_, Option<i64>>(0)
                .map_err(PostgresError::from)?
                .is_some();
            if !is_event {
                break;
            }
            let event = self
                .decode(&row, page.events.last().map(|event| &event.stream))
                .await?;
            bytes += event.data.len();
            page.events.push(event);
            if bytes >= PAGE_BYTES {
                page.is_last = false;
                break;
            }
        }
        page.is_last &= (page.events.len() as u64) < most;
        // They come from an index in order; a sorted page costs one look at it.
        page.events.sort_by_key(|event| event.position);
        if direction == Direction::Backwards {
            page.events.reverse();
        }
        Ok(page)
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
        let sql = self.postgres.sql(&format!(
            "select {COLUMNS}, f.position from {{schema}}.events f
             join {{schema}}.events e on e.position >= f.position - f.append_index
               and e.position < f.position - f.append_index + f.append_count
             where f.position = any ($1) order by f.position, e.position"
        ));
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

    /// Acknowledges what was recorded before, at these positions, if it is the same to the letter.
    pub(crate) async fn compare(
        &self,
        asked: &[(&Append, Position)],
    ) -> Vec<Result<Appended, AppendError>> {
        let positions: Vec<i64> = asked.iter().map(|(_, at)| at.0.cast_signed()).collect();
        let recorded = match self.appends_at(&positions).await {
            Ok(recorded) => recorded,
            // What could not be compared was not written.
            Err(error) => return asked.iter().map(|_| Err(unread(&error))).collect(),
        };
        let answers = asked.iter().map(|(append, at)| {
            let recorded = recorded
                .get(&at.0.cast_signed())
                .map_or(&[][..], Vec::as_slice);
            repeat(append, recorded)
        });
        answers.collect()
    }
}

/// One read, as far as it has come.
struct Walk {
    reader: Arc<Reader>,
    source: Source,
    direction: Direction,
    left: u64,
    /// The last position when the read began; known after the first page.
    head: Position,
    is_over: bool,
}

impl Walk {
    async fn next(&mut self, most: u64) -> Result<Vec<RecordedEvent>, ReadError> {
        let is_first = self.head == Position::START;
        let mut page = self
            .reader
            .page(&self.source, self.direction, most.min(self.left))
            .await?;
        if is_first {
            self.head = page.head;
        }
        if let Some(last) = page.events.last() {
            self.source.begin_after(last);
        }
        self.left -= page.events.len() as u64;
        let newer = page.events.iter().any(|event| event.position > self.head);
        page.events.retain(|event| event.position <= self.head);
        self.is_over = page.is_last || self.left == 0 || newer;
        Ok(page.events)
    }
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

impl From<PostgresError> for ReadError {
    fn from(error: PostgresError) -> Self {
        Self::Unavailable {
            reason: error.to_string(),
        }
    }
}
