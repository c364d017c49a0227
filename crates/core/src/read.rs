//! Reading: which events, from where, in which direction.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::append::validate_query;
use crate::error::ReadError;
use crate::event::RecordedEvent;
use crate::position::{Position, StreamVersion};
use crate::query::Query;
use crate::stream::StreamId;

/// Which events, and where to begin. Beginnings are exclusive and in reading direction:
/// forwards after 5 begins with 6, backwards after 5 begins with 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Events of the whole store that a query selects, by position.
    Query {
        /// Which events.
        query: Query,
        /// Begin after this; `None`: from the beginning, or backwards from the end.
        after: Option<Position>,
    },
    /// Events of one stream, by version.
    Stream {
        /// Which stream.
        stream: StreamId,
        /// Begin after this; `None`: from the beginning, or backwards from the end.
        after: Option<StreamVersion>,
    },
}

impl Source {
    /// Every event.
    pub fn all() -> Self {
        Self::query(Query::all())
    }

    /// Events that a query selects.
    pub fn query(query: Query) -> Self {
        Self::Query { query, after: None }
    }

    /// Events of one stream.
    pub fn stream(stream: StreamId) -> Self {
        Self::Stream {
            stream,
            after: None,
        }
    }

    /// Every event after a position.
    pub fn all_after(after: Position) -> Self {
        Self::query_after(Query::all(), after)
    }

    /// Events that a query selects, after a position.
    pub fn query_after(query: Query, after: Position) -> Self {
        Self::Query {
            query,
            after: Some(after),
        }
    }

    /// Events of one stream after a version.
    pub fn stream_after(stream: StreamId, after: StreamVersion) -> Self {
        Self::Stream {
            stream,
            after: Some(after),
        }
    }

    /// Moves the beginning behind an event that was read.
    pub fn begin_after(&mut self, event: &RecordedEvent) {
        match self {
            Self::Query { after, .. } => *after = Some(event.position),
            Self::Stream { after, .. } => *after = Some(event.version),
        }
    }

    /// Checks limits: what any store refuses before it looks at its data.
    ///
    /// # Errors
    /// [`ReadError::Invalid`].
    pub fn validate(&self) -> Result<(), ReadError> {
        let Self::Query { query, .. } = self else {
            return Ok(());
        };
        validate_query(query).map_err(|fault| ReadError::Invalid {
            reason: fault.to_string(),
        })
    }
}

/// Which way to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    #[default]
    Forwards,
    /// Newest first.
    Backwards,
}

/// One read of what is recorded when it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Which events, and where to begin.
    pub source: Source,
    /// Which way.
    pub direction: Direction,
    /// At most this many; `None`: all.
    pub limit: Option<u64>,
}

impl Read {
    /// Oldest first.
    pub fn forwards(source: Source) -> Self {
        Self {
            source,
            direction: Direction::Forwards,
            limit: None,
        }
    }

    /// Newest first.
    pub fn backwards(source: Source) -> Self {
        Self {
            direction: Direction::Backwards,
            ..Self::forwards(source)
        }
    }

    /// The same read, ended after so many events.
    #[must_use]
    pub fn limit(mut self, events: u64) -> Self {
        self.limit = Some(events);
        self
    }
}

/// The events of one read, as they arrive. An error is an item and ends it.
pub struct EventStream {
    head: Position,
    events: Pin<Box<dyn Stream<Item = Result<RecordedEvent, ReadError>> + Send>>,
}

impl EventStream {
    /// A read that was started when the store was at `head`.
    pub fn new(
        head: Position,
        events: impl Stream<Item = Result<RecordedEvent, ReadError>> + Send + 'static,
    ) -> Self {
        let events = Box::pin(events);
        Self { head, events }
    }

    /// The last position of the whole store when the read started: nothing up to here is
    /// missing, which makes it the `after` of an append condition.
    pub fn head(&self) -> Position {
        self.head
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError`]: the read is over, and what came before was not all of it.
    pub async fn try_next(&mut self) -> Result<Option<RecordedEvent>, ReadError> {
        std::future::poll_fn(|cx| self.events.as_mut().poll_next(cx))
            .await
            .transpose()
    }

    /// All remaining events. For reads that are known to be small.
    ///
    /// # Errors
    /// [`ReadError`] when any of them could not be read.
    pub async fn collect(mut self) -> Result<Vec<RecordedEvent>, ReadError> {
        let mut events = Vec::new();
        while let Some(event) = self.try_next().await? {
            events.push(event);
        }
        Ok(events)
    }
}

impl Stream for EventStream {
    type Item = Result<RecordedEvent, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(cx)
    }
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}
