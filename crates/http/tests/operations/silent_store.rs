//! A store that never answers, but for where it ends if it is told to.

use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use annals_embedded::EmbeddedStore;
use async_trait::async_trait;

/// A store that never answers, but for where it ends if that is given.
pub(crate) struct SilentStore {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) head: Option<Position>,
}

#[async_trait]
impl EventStore for SilentStore {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, _: Append) -> Result<Appended, AppendError> {
        std::future::pending().await
    }

    async fn find_append(&self, _: AppendId) -> Result<Option<Appended>, ReadError> {
        std::future::pending().await
    }

    async fn read(&self, _: Read) -> Result<EventStream, ReadError> {
        std::future::pending().await
    }

    async fn subscribe(&self, _: Source) -> Result<Subscription, ReadError> {
        std::future::pending().await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        match self.head {
            Some(head) => Ok(head),
            None => std::future::pending().await,
        }
    }

    async fn stream_version(&self, _: &StreamId) -> Result<StreamVersion, ReadError> {
        std::future::pending().await
    }
}
