//! A store that is in trouble now and then.

use std::sync::atomic::{AtomicBool, Ordering};

use annals::embedded::EmbeddedStore;
use annals::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;

/// A store that takes no deposits while it is in trouble.
pub(crate) struct Troubled {
    store: EmbeddedStore,
    is_in_trouble: AtomicBool,
}

impl Troubled {
    /// One that is in no trouble yet.
    pub(crate) fn new() -> Self {
        Self {
            store: EmbeddedStore::in_memory().unwrap(),
            is_in_trouble: AtomicBool::new(false),
        }
    }

    pub(crate) fn begin(&self) {
        self.is_in_trouble.store(true, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.is_in_trouble.store(false, Ordering::SeqCst);
    }
}

#[async_trait]
impl EventStore for Troubled {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let mut events = append.writes.iter().flat_map(|write| &write.events);
        let is_deposit = events.any(|event| event.event_type.as_str() == "MoneyDeposited");
        if is_deposit && self.is_in_trouble.load(Ordering::SeqCst) {
            let reason = "in trouble".to_owned();
            return Err(AppendError::Unavailable { reason });
        }
        self.store.append(append).await
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
