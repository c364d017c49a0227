//! Reading: pages of events, found in the index and fetched from the log.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::{Arc, RwLock};

use annals_core::{
    Bytes, Corruption, Direction, EventStream, Position, Query, Read, ReadError, RecordedEvent,
    Source, StoreId, StreamId,
};
use annals_log::LogReader;
use futures_util::stream;
use tokio::sync::watch;

use crate::index::Index;
use crate::record::{self, Record};

/// Most events of one page that are fetched one by one.
const PAGE_EVENTS: usize = 256;
/// A page ends once it holds this many bytes of payload.
const PAGE_BYTES: usize = 1024 * 1024;
/// Bytes of the log that are read at once when everything in them is wanted.
const SCAN_BYTES: usize = 256 * 1024;
/// Fewer events than this are fetched one by one even if they lie side by side.
const SCAN_EVENTS: usize = 16;

/// What all readers share. Nothing here takes appends, so a reader keeps no writer alive.
pub(crate) struct Reader {
    pub(crate) store: StoreId,
    pub(crate) index: Arc<RwLock<Index>>,
    pub(crate) log: LogReader,
    /// The last durable position, and the end of the store when its sender goes.
    pub(crate) head: watch::Receiver<Position>,
}

impl Reader {
    pub(crate) fn head(&self) -> Position {
        *self.head.borrow()
    }

    pub(crate) fn index(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        // A panic while the index was written poisons the lock: the sequencer is gone then, and
        // what is durable was complete in the index before it was announced.
        self.index
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// One event.
    pub(crate) fn record(&self, position: Position) -> Result<Record, ReadError> {
        let bytes = self.log.read(position.0);
        let bytes = bytes.map_err(|fault| unread(position, &fault))?;
        Ok(decode(position, &bytes.into())?)
    }
}

/// Reads what is durable now.
pub(crate) fn read(reader: Arc<Reader>, read: Read) -> Result<EventStream, ReadError> {
    read.source.validate()?;
    let head = reader.head();
    let walk = Walk::new(&reader, read.source, read.direction, head);
    let state = Pages {
        reader,
        walk,
        page: VecDeque::new(),
        left: read.limit.unwrap_or(u64::MAX),
    };
    Ok(EventStream::new(
        head,
        stream::try_unfold(state, Pages::next),
    ))
}

/// A read in progress.
struct Pages {
    reader: Arc<Reader>,
    walk: Walk,
    page: VecDeque<RecordedEvent>,
    left: u64,
}

impl Pages {
    async fn next(mut self) -> Result<Option<(RecordedEvent, Self)>, ReadError> {
        if self.left == 0 {
            return Ok(None);
        }
        if self.page.is_empty() && !self.walk.done {
            let most = usize::try_from(self.left).unwrap_or(usize::MAX);
            (self.walk, self.page) = fetch(&self.reader, self.walk, most).await?;
        }
        let Some(event) = self.page.pop_front() else {
            return Ok(None);
        };
        self.left -= 1;
        Ok(Some((event, self)))
    }
}

/// Fetches the next page where blocking does no harm.
pub(crate) async fn fetch(
    reader: &Arc<Reader>,
    mut walk: Walk,
    most: usize,
) -> Result<(Walk, VecDeque<RecordedEvent>), ReadError> {
    let reader = Arc::clone(reader);
    let fetched = tokio::task::spawn_blocking(move || {
        let page = walk.page(&reader, most)?;
        Ok((walk, page))
    });
    fetched.await.map_err(|fault| ReadError::Unavailable {
        reason: format!("reading was interrupted: {fault}"),
    })?
}

/// What is left to read: a range of positions, or of a stream's versions.
pub(crate) struct Walk {
    selection: Selection,
    left: RangeInclusive<u64>,
    direction: Direction,
    /// True once nothing is left that was asked for.
    pub(crate) done: bool,
}

enum Selection {
    Query(Query),
    Stream(StreamId),
}

impl Walk {
    /// From the source's beginning to `head`, or to its first event when backwards.
    pub(crate) fn new(
        reader: &Reader,
        source: Source,
        direction: Direction,
        head: Position,
    ) -> Self {
        let (selection, after, last) = match source {
            Source::Query { query, after } => {
                (Selection::Query(query), after.map(|after| after.0), head.0)
            }
            Source::Stream { stream, after } => {
                let last = reader.index().stream_version(&stream, head).0;
                (Selection::Stream(stream), after.map(|after| after.0), last)
            }
        };
        let left = match (direction, after) {
            (Direction::Forwards, after) => after.unwrap_or(0).saturating_add(1)..=last,
            (Direction::Backwards, None) => 1..=last,
            (Direction::Backwards, Some(after)) => 1..=last.min(after.saturating_sub(1)),
        };
        Self {
            done: left.is_empty(),
            selection,
            left,
            direction,
        }
    }

    /// The next events, at most so many.
    fn page(&mut self, reader: &Reader, most: usize) -> Result<VecDeque<RecordedEvent>, ReadError> {
        if self.reads_everything() && most >= SCAN_EVENTS {
            return self.scan(reader, most);
        }
        let most = most.min(PAGE_EVENTS);
        let positions = self.positions(reader, most);
        self.done = positions.len() < most;
        let mut page = VecDeque::with_capacity(positions.len());
        let mut bytes = 0;
        for position in positions {
            if bytes >= PAGE_BYTES {
                self.done = false;
                break;
            }
            let event = reader.record(position)?.event;
            bytes += event.data.len();
            self.pass(&event);
            page.push_back(event);
        }
        Ok(page)
    }

    fn reads_everything(&self) -> bool {
        matches!(&self.selection, Selection::Query(query) if query.items().is_empty())
            && self.direction == Direction::Forwards
    }

    /// Reads on without looking anything up: one read of the log brings many events.
    fn scan(&mut self, reader: &Reader, most: usize) -> Result<VecDeque<RecordedEvent>, ReadError> {
        let (low, high) = (*self.left.start(), *self.left.end());
        let most = most.min(usize::try_from(high - low + 1).unwrap_or(usize::MAX));
        let records = reader.log.scan(low - 1, SCAN_BYTES);
        let records = records.map_err(|fault| unread(Position(low), &fault))?;
        let mut page = VecDeque::with_capacity(records.len().min(most));
        let (bytes, spans) = records.into_parts();
        let bytes = Bytes::from(bytes);
        for (position, span) in spans.into_iter().take(most) {
            let event = decode(Position(position), &bytes.slice(span))?.event;
            self.pass(&event);
            page.push_back(event);
        }
        Ok(page)
    }

    fn positions(&self, reader: &Reader, most: usize) -> Vec<Position> {
        let index = reader.index();
        match &self.selection {
            Selection::Query(query) => index.select(query, self.left.clone(), self.direction, most),
            Selection::Stream(stream) => {
                index.stream(stream, self.left.clone(), self.direction, most)
            }
        }
    }

    /// Goes on behind an event.
    fn pass(&mut self, event: &RecordedEvent) {
        let at = match self.selection {
            Selection::Query(_) => event.position.0,
            Selection::Stream(_) => event.version.0,
        };
        self.left = match self.direction {
            Direction::Forwards => at + 1..=*self.left.end(),
            Direction::Backwards => *self.left.start()..=at - 1,
        };
        self.done |= self.left.is_empty();
    }
}

fn decode(position: Position, bytes: &Bytes) -> Result<Record, Corruption> {
    record::decode(position, bytes).map_err(|fault| corruption(position, &fault))
}

/// A disk that does not answer now says nothing about what it holds.
fn unread(position: Position, fault: &annals_log::ReadError) -> ReadError {
    match fault {
        annals_log::ReadError::Disk(_) => ReadError::Unavailable {
            reason: fault.to_string(),
        },
        _ => corruption(position, fault).into(),
    }
}

fn corruption(position: Position, fault: &dyn std::fmt::Display) -> Corruption {
    let reason = fault.to_string();
    Corruption { position, reason }
}
