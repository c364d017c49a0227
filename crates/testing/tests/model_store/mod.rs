//! A store that is right because it is simple: a list under a lock. It validates the suite, and
//! `catches.rs` breaks it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use annals_core::{
    Append, AppendError, AppendId, Appended, Delivery, Direction, EventStore, EventStream,
    InvalidAppend, Keys, NewEvent, Position, Read, ReadError, RecordedEvent, Source, StoreId,
    StreamId, StreamVersion, Subscription, Timestamp,
};
use async_trait::async_trait;
use futures_util::stream;
use tokio::sync::watch;
use uuid::Uuid;

/// A list of events under a lock. Clones are the same store.
#[derive(Clone)]
pub(super) struct ModelStore {
    id: StoreId,
    log: Arc<Mutex<Log>>,
    moved: Arc<watch::Sender<()>>,
}

/// What a crash leaves.
#[derive(Clone, Default)]
pub(super) struct Log {
    pub(super) events: Vec<RecordedEvent>,
    pub(super) appends: HashMap<AppendId, Appended>,
}

impl ModelStore {
    pub(super) fn new(id: StoreId) -> Self {
        Self::on(id, Log::default())
    }

    pub(super) fn on(id: StoreId, log: Log) -> Self {
        Self {
            id,
            log: Arc::new(Mutex::new(log)),
            moved: Arc::new(watch::Sender::new(())),
        }
    }

    /// The store after a crash.
    pub(super) fn reopened(&self) -> Self {
        Self::on(self.id, self.log().clone())
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("no test panics under this lock")
    }

    /// Appends without a look at limits.
    pub(super) fn record(&self, append: Append) -> Result<Appended, AppendError> {
        let appended = self.log().append(append)?;
        self.moved.send_replace(());
        Ok(appended)
    }
}

#[async_trait]
impl EventStore for ModelStore {
    fn id(&self) -> StoreId {
        self.id
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.validate()?;
        self.record(append)
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        Ok(self.log().appends.get(&id).cloned())
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        read.source.validate()?;
        let log = self.log();
        let events = log.read(&read).into_iter().map(Ok);
        Ok(EventStream::new(log.head(), stream::iter(events)))
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        source.validate()?;
        let reader = Reader {
            log: Arc::clone(&self.log),
            moved: self.moved.subscribe(),
            source,
            marked: None,
        };
        Ok(Subscription::new(stream::unfold(
            reader,
            |mut reader| async { Some((Ok(reader.next().await), reader)) },
        )))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(self.log().head())
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        Ok(self.log().version_of(stream))
    }
}

impl Log {
    pub(super) fn head(&self) -> Position {
        Position(self.events.len() as u64)
    }

    pub(super) fn version_of(&self, stream: &StreamId) -> StreamVersion {
        let last = self.events.iter().rfind(|event| event.stream == *stream);
        last.map_or(StreamVersion::NONE, |event| event.version)
    }

    /// The events of a read, in its direction.
    fn read(&self, read: &Read) -> Vec<RecordedEvent> {
        let selected = self
            .events
            .iter()
            .filter(|event| selects(read, event))
            .cloned();
        let limit = read.limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).expect("a limit fits the machine")
        });
        match read.direction {
            Direction::Forwards => selected.take(limit).collect(),
            Direction::Backwards => selected.rev().take(limit).collect(),
        }
    }

    fn append(&mut self, append: Append) -> Result<Appended, AppendError> {
        if let Some(first) = self.first_result(&append)? {
            return Ok(first);
        }
        self.check(&append)?;
        Ok(self.push(append))
    }

    /// The answer to a retry; `None` when the append is new.
    fn first_result(&self, append: &Append) -> Result<Option<Appended>, InvalidAppend> {
        let mut records = Vec::new();
        for write in &append.writes {
            for event in &write.events {
                records.extend(self.record_of(&write.stream, event)?);
            }
        }
        match records.first() {
            None if self.appends.contains_key(&append.id) => {
                Err(InvalidAppend::AppendIdReused { append: append.id })
            }
            None => Ok(None),
            Some(record) if records.len() == append.events().count() => {
                Ok(self.appends.get(&record.append).cloned())
            }
            Some(record) => Err(InvalidAppend::EventIdReused { event: record.id }),
        }
    }

    fn record_of(
        &self,
        stream: &StreamId,
        event: &NewEvent,
    ) -> Result<Option<&RecordedEvent>, InvalidAppend> {
        let known = self.events.iter().find(|record| record.id == event.id);
        match known {
            Some(record) if record.stream != *stream || !record.is_record_of(event) => {
                Err(InvalidAppend::EventIdReused { event: event.id })
            }
            known => Ok(known),
        }
    }

    fn check(&self, append: &Append) -> Result<(), AppendError> {
        for write in &append.writes {
            let actual = self.version_of(&write.stream);
            if !write.expected.holds_at(actual) {
                return Err(AppendError::Conflict {
                    stream: write.stream.clone(),
                    expected: write.expected,
                    actual,
                });
            }
        }
        let Some(condition) = &append.condition else {
            return Ok(());
        };
        let query = Read::forwards(Source::query_after(
            condition.query.clone(),
            condition.after,
        ));
        match self.events.iter().find(|event| selects(&query, event)) {
            Some(event) => Err(AppendError::ConditionFailed {
                position: event.position,
            }),
            None => Ok(()),
        }
    }

    fn push(&mut self, append: Append) -> Appended {
        let first = self.head().next();
        let mut versions = Vec::new();
        for write in append.writes {
            for event in write.events {
                let recorded = self.recorded(append.id, &write.stream, event);
                self.events.push(recorded);
            }
            let version = self.version_of(&write.stream);
            versions.push((write.stream, version));
        }
        let (id, last) = (append.id, self.head());
        let appended = Appended {
            id,
            first,
            last,
            versions,
        };
        self.appends.insert(id, appended.clone());
        appended
    }

    fn recorded(&self, append: AppendId, stream: &StreamId, event: NewEvent) -> RecordedEvent {
        RecordedEvent {
            position: self.head().next(),
            stream: stream.clone(),
            version: self.version_of(stream).next(),
            id: event.id,
            append,
            event_type: event.event_type,
            schema_version: event.schema_version,
            content_type: event.content_type,
            data: event.data,
            tags: event.tags,
            metadata: event.metadata,
            recorded_at: Timestamp::UNIX_EPOCH,
            keys: Keys::default(),
        }
    }
}

/// One subscription.
struct Reader {
    log: Arc<Mutex<Log>>,
    moved: watch::Receiver<()>,
    /// What is still to be delivered.
    source: Source,
    marked: Option<Position>,
}

impl Reader {
    async fn next(&mut self) -> Delivery {
        loop {
            self.moved.mark_unchanged();
            if let Some(delivery) = self.available() {
                return delivery;
            }
            self.moved
                .changed()
                .await
                .expect("a store outlives its subscriptions");
        }
    }

    fn available(&mut self) -> Option<Delivery> {
        let log = self.log.lock().expect("no test panics under this lock");
        let next = log
            .read(&Read::forwards(self.source.clone()).limit(1))
            .pop();
        if let Some(event) = next {
            match &mut self.source {
                Source::Query { after, .. } => *after = Some(event.position),
                Source::Stream { after, .. } => *after = Some(event.version),
            }
            return Some(Delivery::Event(Box::new(event)));
        }
        let head = log.head();
        let moved_on = self.marked.replace(head) != Some(head);
        moved_on.then_some(Delivery::CaughtUp(head))
    }
}

fn selects(read: &Read, event: &RecordedEvent) -> bool {
    let within = |number: u64, after: Option<u64>| match (read.direction, after) {
        (_, None) => true,
        (Direction::Forwards, Some(after)) => number > after,
        (Direction::Backwards, Some(after)) => number < after,
    };
    match &read.source {
        Source::Query { query, after } => {
            within(event.position.0, after.map(|position| position.0))
                && query.matches(&event.stream, &event.event_type, &event.tags)
        }
        Source::Stream { stream, after } => {
            within(event.version.0, after.map(|version| version.0)) && event.stream == *stream
        }
    }
}

/// The id of the `number`-th store of a test.
pub(super) fn store_id(number: usize) -> StoreId {
    StoreId(Uuid::from_u128(number as u128 + 1))
}
