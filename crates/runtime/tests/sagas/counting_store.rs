//! A store that counts what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;

/// Passes everything on, and counts it.
pub(crate) struct CountingStore {
    store: Arc<dyn EventStore>,
    appends: AtomicUsize,
    reads: AtomicUsize,
    lookups: AtomicUsize,
}

/// What a store was asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) appends: usize,
    pub(crate) reads: usize,
    pub(crate) lookups: usize,
}

impl CountingStore {
    pub(crate) fn new(store: &Arc<dyn EventStore>) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            appends: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
            lookups: AtomicUsize::new(0),
        })
    }

    pub(crate) fn asked(&self) -> Asked {
        Asked {
            appends: self.appends.load(Relaxed),
            reads: self.reads.load(Relaxed),
            lookups: self.lookups.load(Relaxed),
        }
    }
}

#[async_trait]
impl EventStore for CountingStore {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.appends.fetch_add(1, Relaxed);
        self.store.append(append).await
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
