//! A store for one process, that stops that process amid its work.

use std::future::pending;
use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;
use tokio::sync::{Mutex, watch};

/// Where its process stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stops {
    /// Its so-many-th append is not made, nor any after it.
    Before(usize),
    /// Its so-many-th append is made and not answered, and none after it is made.
    After(usize),
}

/// Passes everything on, until it stops its process.
pub(crate) struct FreezingStore {
    store: Arc<dyn EventStore>,
    stops: Stops,
    /// How many appends there were.
    appends: Mutex<usize>,
    is_frozen: watch::Sender<bool>,
}

impl FreezingStore {
    pub(crate) fn new(store: &Arc<dyn EventStore>, stops: Stops) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            stops,
            appends: Mutex::default(),
            is_frozen: watch::Sender::new(false),
        })
    }

    /// Waits until its process stands still.
    pub(crate) async fn frozen(&self) {
        let mut frozen = self.is_frozen.subscribe();
        frozen.wait_for(|is_so| *is_so).await.unwrap();
    }

    async fn freeze(&self) -> ! {
        self.is_frozen.send_replace(true);
        pending().await
    }
}

#[async_trait]
impl EventStore for FreezingStore {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let nth = {
            let mut appends = self.appends.lock().await;
            *appends += 1;
            *appends
        };
        match self.stops {
            Stops::Before(stop) if nth >= stop => self.freeze().await,
            Stops::After(stop) if nth > stop => self.freeze().await,
            Stops::After(stop) if nth == stop => {
                self.store.append(append).await?;
                self.freeze().await
            }
            _ => self.store.append(append).await,
        }
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.store.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
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
