//! A store whose subscriptions break, as connections do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use annals_embedded::EmbeddedStore;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};

/// An embedded store whose next subscriptions break.
pub(crate) struct FlakyStore {
    store: Arc<EmbeddedStore>,
    breaks: Mutex<VecDeque<(usize, ReadError)>>,
}

impl FlakyStore {
    /// Each of the next subscriptions breaks with an error after so many deliveries; with none,
    /// it does not even begin.
    pub(crate) fn new(
        store: &Arc<EmbeddedStore>,
        breaks: impl IntoIterator<Item = (usize, ReadError)>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            breaks: Mutex::new(breaks.into_iter().collect()),
        })
    }
}

pub(crate) fn unavailable() -> ReadError {
    ReadError::Unavailable {
        reason: "on demand".to_owned(),
    }
}

#[async_trait]
impl EventStore for FlakyStore {
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
        let next = self.breaks.lock().expect("no panic in here").pop_front();
        let subscription = self.store.subscribe(source).await?;
        match next {
            None => Ok(subscription),
            Some((0, error)) => Err(error),
            Some((deliveries, error)) => {
                let broken = stream::iter([Err(error)]);
                Ok(Subscription::new(
                    subscription.take(deliveries).chain(broken),
                ))
            }
        }
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store.stream_version(stream).await
    }
}
