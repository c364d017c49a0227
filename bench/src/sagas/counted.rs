//! A store that counts what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;
use tokio::sync::watch;

use crate::Outcome;

/// Passes everything on, and counts it.
pub(super) struct Counted {
    store: Arc<dyn EventStore>,
    made: watch::Sender<Made>,
    bytes: AtomicU64,
    reads: AtomicU64,
    lookups: AtomicU64,
}

/// Appends that were acknowledged.
#[derive(Default)]
struct Made {
    appends: u64,
    /// Whoever waits does so for that many, and is woken by no other: that would cost those who append a
    /// thread's wake-up each.
    awaited: u64,
}

/// What a store was asked so far.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    pub(super) appends: u64,
    /// Of what was appended: payloads, metadata and names.
    pub(super) bytes: u64,
    pub(super) reads: u64,
    /// How often it was asked whether an append was made.
    pub(super) lookups: u64,
}

impl Counted {
    pub(super) fn new(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            made: watch::Sender::default(),
            bytes: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            lookups: AtomicU64::new(0),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            appends: self.made.borrow().appends,
            bytes: self.bytes.load(Relaxed),
            reads: self.reads.load(Relaxed),
            lookups: self.lookups.load(Relaxed),
        }
    }

    /// Waits until so many appends were made in all. One at a time may wait.
    pub(super) async fn made(&self, appends: u64) -> Outcome {
        self.made.send_modify(|made| made.awaited = appends);
        let mut made = self.made.subscribe();
        made.wait_for(|made| made.appends >= appends).await?;
        Ok(())
    }
}

#[async_trait]
impl EventStore for Counted {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let bytes = append.measure().unwrap_or(0) as u64;
        let appended = self.store.append(append).await?;
        self.bytes.fetch_add(bytes, Relaxed);
        self.made.send_if_modified(|made| {
            made.appends += 1;
            made.appends == made.awaited
        });
        Ok(appended)
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.lookups.fetch_add(1, Relaxed);
        self.store.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.reads.fetch_add(1, Relaxed);
        self.store.read(read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        self.store.subscribe(source).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store.stream_version(stream).await
    }
}
