//! A store that silently leaves out an event on its way to those who follow it.

use std::future::ready;
use std::sync::Arc;

use annals::{
    Append, AppendError, AppendId, Appended, Delivery, EventStore, EventStream, Position, Read,
    ReadError, Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;
use futures_util::StreamExt;

/// What is left out is there for whoever reads the log.
pub(crate) struct CarelessStore {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) leaves_out: Position,
}

#[async_trait]
impl EventStore for CarelessStore {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.store.append(append).await
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.store.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.store.read(read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        let left_out = self.leaves_out;
        let deliveries = self.store.subscribe(source).await?;
        let delivered = deliveries.filter(move |delivery| {
            let is_left_out =
                matches!(delivery, Ok(Delivery::Event(event)) if event.position == left_out);
            ready(!is_left_out)
        });
        Ok(Subscription::new(delivered))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store.stream_version(stream).await
    }
}
