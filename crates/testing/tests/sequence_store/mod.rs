//! A store whose numbers come from a sequence, as the textbook has it on a database: a transaction
//! takes its numbers when it inserts and shows its rows when it commits, so that a lower number may
//! show after a higher one. Readers guard against that in one of several ways, or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use annals_core::{
    Append, AppendError, AppendId, Appended, Delivery, EventStore, EventStream, Keys, Position,
    Read, ReadError, RecordedEvent, Source, StoreId, StreamId, StreamVersion, Subscription,
    Timestamp,
};
use async_trait::async_trait;
use futures_util::stream;
use tokio::sync::watch;

/// Looks at a gap after which it is taken for a roll-back.
const PATIENT_LOOKS: u32 = 50;

/// How readers guard against numbers that show late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// `where id > checkpoint order by id`, and nothing else.
    None,
    /// They wait in front of a gap, but not for ever.
    GapTimer,
    /// They take what transactions wrote that are older than the oldest one still running, and put
    /// it in the order of the numbers.
    OldestTransaction,
}

/// What a transaction has done when it is held open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has taken its numbers.
    Numbered,
    /// It has inserted its rows as well.
    Inserted,
}

/// Clones are the same store.
#[derive(Clone)]
pub(super) struct SequenceStore {
    id: StoreId,
    guard: Guard,
    tables: Arc<Mutex<Tables>>,
    moved: Arc<watch::Sender<()>>,
}

#[derive(Default)]
struct Tables {
    /// Committed rows by number, each with the transaction that wrote it.
    rows: BTreeMap<u64, (u64, RecordedEvent)>,
    last_number: u64,
    last_transaction: u64,
    running: BTreeSet<u64>,
    /// How often each gap was looked at.
    looks: HashMap<u64, u32>,
}

/// A transaction that has not committed yet.
pub(super) struct Transaction {
    store: SequenceStore,
    append: Append,
    first: u64,
    /// Databases number a transaction when it first writes.
    number: Option<u64>,
}

impl SequenceStore {
    pub(super) fn new(id: StoreId, guard: Guard) -> Self {
        Self {
            id,
            guard,
            tables: Arc::default(),
            moved: Arc::new(watch::Sender::new(())),
        }
    }

    /// The rows, and a sequence that begins again.
    pub(super) fn restored_without_its_sequence(&self) -> Self {
        let restored = Self::new(self.id, self.guard);
        restored.tables().rows = self.tables().rows.clone();
        restored
    }

    /// Begins a transaction and takes it to a stage.
    pub(super) fn begin(&self, append: Append, stage: Stage) -> Transaction {
        let mut tables = self.tables();
        let first = tables.last_number + 1;
        tables.last_number += append.events().count() as u64;
        let mut transaction = Transaction {
            store: self.clone(),
            append,
            first,
            number: None,
        };
        if stage == Stage::Inserted {
            transaction.number = Some(tables.begin_to_write());
        }
        transaction
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().expect("no test panics under this lock")
    }

    fn delivery(&self, source: &mut Source, marked: &mut Option<Position>) -> Option<Delivery> {
        let mut tables = self.tables();
        let visible = tables.visible(self.guard);
        let next = visible.iter().find(|event| selects(source, event));
        if let Some(event) = next {
            source.begin_after(event);
            return Some(Delivery::Event(Box::new(event.clone())));
        }
        let head = head_of(&visible);
        let moved_on = marked.replace(head) != Some(head);
        moved_on.then_some(Delivery::CaughtUp(head))
    }
}

impl Tables {
    fn begin_to_write(&mut self) -> u64 {
        self.last_transaction += 1;
        self.running.insert(self.last_transaction);
        self.last_transaction
    }

    /// What a reader sees that guards itself so.
    fn visible(&mut self, guard: Guard) -> Vec<RecordedEvent> {
        let oldest = self.running.first().copied().unwrap_or(u64::MAX);
        let mut visible: Vec<RecordedEvent> = Vec::new();
        for (number, (transaction, event)) in &self.rows {
            let before = visible.last().map_or(0, |event| event.position.0);
            if guard == Guard::OldestTransaction && *transaction >= oldest {
                continue;
            }
            if guard == Guard::GapTimer && *number > before + 1 {
                let looks = self.looks.entry(before + 1).or_default();
                *looks += 1;
                if *looks < PATIENT_LOOKS {
                    break;
                }
            }
            visible.push(event.clone());
        }
        visible
    }

    fn version_of(&self, stream: &StreamId) -> StreamVersion {
        let events = self.rows.values().map(|(_, event)| event);
        StreamVersion(events.filter(|event| event.stream == *stream).count() as u64)
    }
}

impl Transaction {
    pub(super) fn commit(mut self) -> Result<Appended, AppendError> {
        let store = self.store.clone();
        let mut tables = store.tables();
        let number = self.number.take();
        let transaction = number.unwrap_or_else(|| tables.begin_to_write());
        let appended = self.insert(transaction, &mut tables);
        tables.running.remove(&transaction);
        drop(tables);
        store.moved.send_replace(());
        appended
    }

    pub(super) fn roll_back(mut self) {
        if let Some(number) = self.number.take() {
            self.store.tables().running.remove(&number);
        }
        self.store.moved.send_replace(());
    }

    fn insert(&self, transaction: u64, tables: &mut Tables) -> Result<Appended, AppendError> {
        let mut versions = Vec::new();
        let mut number = self.first;
        for write in &self.append.writes {
            let (stream, expected) = (write.stream.clone(), write.expected);
            let mut version = tables.version_of(&stream);
            if !expected.holds_at(version) {
                let actual = version;
                return Err(AppendError::Conflict {
                    stream,
                    expected,
                    actual,
                });
            }
            for new in &write.events {
                version = version.next();
                let event = RecordedEvent {
                    position: Position(number),
                    stream: stream.clone(),
                    version,
                    id: new.id,
                    append: self.append.id,
                    event_type: new.event_type.clone(),
                    schema_version: new.schema_version,
                    content_type: new.content_type.clone(),
                    data: new.data.clone(),
                    tags: new.tags.clone(),
                    metadata: new.metadata.clone(),
                    recorded_at: Timestamp::UNIX_EPOCH,
                    keys: Keys::default(),
                };
                tables.rows.insert(number, (transaction, event));
                number += 1;
            }
            versions.push((stream, version));
        }
        Ok(Appended {
            id: self.append.id,
            first: Position(self.first),
            last: Position(number - 1),
            versions,
        })
    }
}

#[async_trait]
impl EventStore for SequenceStore {
    fn id(&self) -> StoreId {
        self.id
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.validate()?;
        let transaction = self.begin(append, Stage::Inserted);
        // A database goes on when its client is gone.
        let committed = tokio::spawn(async {
            // The way to the database and back; not equally long for all.
            for _ in 0..transaction.first % 3 {
                tokio::task::yield_now().await;
            }
            transaction.commit()
        });
        committed.await.expect("a commit does not panic")
    }

    async fn find_append(&self, _: AppendId) -> Result<Option<Appended>, ReadError> {
        unreachable!("the ordering suite asks for no append")
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        let visible = self.tables().visible(self.guard);
        let head = head_of(&visible);
        let limit = read.limit.unwrap_or(u64::MAX);
        let events = visible
            .into_iter()
            .filter(|event| selects(&read.source, event));
        let events: Vec<_> = events.zip(0..limit).map(|(event, _)| Ok(event)).collect();
        Ok(EventStream::new(head, stream::iter(events)))
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        let reading = (self.clone(), self.moved.subscribe(), source, None);
        Ok(Subscription::new(stream::unfold(
            reading,
            |(store, mut moved, mut source, mut marked)| async move {
                loop {
                    moved.mark_unchanged();
                    if let Some(delivery) = store.delivery(&mut source, &mut marked) {
                        return Some((Ok(delivery), (store, moved, source, marked)));
                    }
                    moved
                        .changed()
                        .await
                        .expect("a store outlives its subscriptions");
                }
            },
        )))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(head_of(&self.tables().visible(self.guard)))
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        Ok(self.tables().version_of(stream))
    }
}

fn head_of(visible: &[RecordedEvent]) -> Position {
    visible
        .last()
        .map_or(Position::START, |event| event.position)
}

fn selects(source: &Source, event: &RecordedEvent) -> bool {
    match source {
        Source::Query { query, after } => {
            event.position > after.unwrap_or_default()
                && query.matches(&event.stream, &event.event_type, &event.tags)
        }
        Source::Stream { stream, after } => {
            event.version > after.unwrap_or_default() && event.stream == *stream
        }
    }
}
