//! A store whose reads stand still: each is answered as it was the first time, such as by a replica that
//! does not follow.

use std::collections::HashMap;
use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    RecordedEvent, Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;
use futures_util::stream;
use tokio::sync::Mutex;

pub(crate) struct StandingStore {
    store: Arc<dyn EventStore>,
    /// What was answered, by what was asked.
    answered: Mutex<HashMap<String, Vec<RecordedEvent>>>,
}

impl StandingStore {
    pub(crate) fn over(store: &Arc<dyn EventStore>) -> Arc<dyn EventStore> {
        Arc::new(Self {
            store: Arc::clone(store),
            answered: Mutex::default(),
        })
    }
}

#[async_trait]
impl EventStore for StandingStore {
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
        let head = self.store.head().await?;
        let asked = format!("{read:?}");
        let mut answered = self.answered.lock().await;
        if !answered.contains_key(&asked) {
            let events = self.store.read(read).await?.collect().await?;
            answered.insert(asked.clone(), events);
        }
        let events = answered[&asked].clone().into_iter().map(Ok);
        Ok(EventStream::new(head, stream::iter(events)))
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
