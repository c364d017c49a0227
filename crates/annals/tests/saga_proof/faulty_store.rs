//! The store as one process sees it: with faults, with pauses, and with the bugs that are planted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals::{
    Append, AppendError, AppendId, Appended, Direction, EventStore, EventStream, ExpectedVersion,
    Position, Read, ReadError, SagaEvent, Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;
use futures_util::stream;
use tokio::sync::Notify;

use crate::at_once::AtOnce;
use crate::chance::Chance;
use crate::faults::{AppendFault, Faults};
use crate::flaw::Flaw;

pub(crate) struct FaultyStore {
    store: AtOnce,
    chance: Chance,
    faults: Faults,
    flaw: Flaw,
    is_paused: AtomicBool,
    /// Wakes those who wait in their order, unlike a `watch`.
    goes_on: Notify,
}

impl FaultyStore {
    pub(crate) fn new(store: &AtOnce, chance: &Chance, faults: &Faults, flaw: Flaw) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            chance: chance.clone(),
            faults: faults.clone(),
            flaw,
            is_paused: AtomicBool::new(false),
            goes_on: Notify::new(),
        })
    }

    /// Stops its process amid whatever it is at, or lets it go on.
    pub(crate) fn set_running(&self, is_running: bool) {
        self.is_paused.store(!is_running, Ordering::Relaxed);
        if is_running {
            self.goes_on.notify_waiters();
        }
    }

    /// Others may come first, and the process may be stopped here.
    async fn others(&self) {
        while self.is_paused.load(Ordering::Relaxed) {
            self.goes_on.notified().await;
        }
        let others = match self.faults.are_there() {
            true => self.chance.below(3),
            // With a bug, an instance may be driven for ever.
            false => usize::from(self.flaw != Flaw::None),
        };
        for _ in 0..others {
            tokio::task::yield_now().await;
        }
    }

    async fn to_be_read(&self) -> Result<(), ReadError> {
        self.others().await;
        let reason = || "a fault".to_owned();
        match self.faults.of_read() {
            true => Err(ReadError::Unavailable { reason: reason() }),
            false => Ok(()),
        }
    }

    fn written(&self, mut append: Append) -> Result<Appended, AppendError> {
        let of_saga = |stream: &StreamId| SagaEvent::instance_of(stream).is_some();
        let is_of_saga = append.writes.iter().any(|write| of_saga(&write.stream));
        match self.flaw {
            Flaw::AcknowledgedUnwritten if self.chance.one_in(8) => self.unwritten(&append),
            Flaw::ExpectedVersionIgnored if is_of_saga => {
                for write in &mut append.writes {
                    write.expected = ExpectedVersion::Any;
                }
                self.store.append(append)
            }
            _ => self.store.append(append),
        }
    }

    fn unwritten(&self, append: &Append) -> Result<Appended, AppendError> {
        let head = self.store.head().unwrap();
        let versions = append.writes.iter().map(|write| {
            let before = self.store.stream_version(&write.stream).unwrap();
            let after = StreamVersion(before.0 + write.events.len() as u64);
            (write.stream.clone(), after)
        });
        Ok(Appended {
            id: append.id,
            first: head,
            last: head,
            versions: versions.collect(),
        })
    }

    fn lacks_the_last(&self, read: &Read) -> bool {
        let of_saga = matches!(&read.source, Source::Stream { stream, .. }
            if SagaEvent::instance_of(stream).is_some());
        self.flaw == Flaw::ReadsAreStale && of_saga && read.direction == Direction::Backwards
    }
}

#[async_trait]
impl EventStore for FaultyStore {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.others().await;
        let id = append.id;
        let unconfirmed = || AppendError::Unconfirmed {
            append: id,
            cause: Arc::new(std::io::Error::other("a fault")),
        };
        let answer = match self.faults.of_append() {
            None => self.written(append),
            Some(AppendFault::Unavailable) => Err(AppendError::Unavailable {
                reason: "a fault".to_owned(),
            }),
            Some(AppendFault::UnconfirmedNotWritten) => Err(unconfirmed()),
            Some(AppendFault::UnconfirmedWritten) => {
                self.written(append).and_then(|_| Err(unconfirmed()))
            }
        };
        self.others().await;
        answer
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.to_be_read().await?;
        self.store.find_append(id)
    }

    async fn read(&self, mut read: Read) -> Result<EventStream, ReadError> {
        self.to_be_read().await?;
        let lacks_the_last = self.lacks_the_last(&read);
        if lacks_the_last {
            read.limit = read.limit.map(|limit| limit + 1);
        }
        let (head, mut events) = self.store.read(read)?;
        if lacks_the_last && events.len() > 1 {
            events.remove(0);
        }
        Ok(EventStream::new(
            head,
            stream::iter(events.into_iter().map(Ok)),
        ))
    }

    async fn subscribe(&self, _: Source) -> Result<Subscription, ReadError> {
        unreachable!("the simulation brings the events itself")
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.to_be_read().await?;
        self.store.head()
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.to_be_read().await?;
        self.store.stream_version(stream)
    }
}
