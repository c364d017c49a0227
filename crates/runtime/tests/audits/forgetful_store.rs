//! A store whose index lacks an event: no selection finds it, though the log holds it.

use std::future::ready;
use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Query, Read,
    ReadError, Source, StoreId, StreamId, StreamVersion, Subscription,
};
use annals_embedded::EmbeddedStore;
use async_trait::async_trait;
use futures_util::StreamExt;

pub(crate) struct ForgetfulStore {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) forgotten: Position,
}

#[async_trait]
impl EventStore for ForgetfulStore {
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
        let is_all = matches!(&read.source, Source::Query { query, .. } if *query == Query::all());
        let events = self.store.read(read).await?;
        if is_all {
            return Ok(events);
        }
        let (head, forgotten) = (events.head(), self.forgotten);
        let found = events.filter(move |event| {
            let is_forgotten = event
                .as_ref()
                .is_ok_and(|event| event.position == forgotten);
            ready(!is_forgotten)
        });
        Ok(EventStream::new(head, found))
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
