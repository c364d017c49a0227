//! Stores that are broken in one place each: a model store, and a flaw in how it is asked.

use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use annals_testing::conformance::{Backend, Skip};
use async_trait::async_trait;

use super::model_store::{ModelStore, store_id};

pub(super) mod reading;
pub(super) mod subscribing;
pub(super) mod writing;

/// What is wrong with a store. What a flaw does not say, is right.
#[async_trait]
pub(super) trait Flaw: Default + Send + Sync + 'static {
    async fn append(&self, store: &ModelStore, append: Append) -> Result<Appended, AppendError> {
        store.append(append).await
    }

    fn find_append(&self, found: Appended) -> Option<Appended> {
        Some(found)
    }

    async fn read(&self, store: &ModelStore, read: Read) -> Result<EventStream, ReadError> {
        store.read(read).await
    }

    fn subscribe(&self, subscription: Subscription) -> Subscription {
        subscription
    }

    fn restart(crashed: &ModelStore) -> ModelStore {
        crashed.reopened()
    }
}

/// No flaw at all.
#[derive(Default)]
pub(super) struct Flawless;

impl Flaw for Flawless {}

struct FlawedStore<F> {
    store: ModelStore,
    flaw: F,
}

#[async_trait]
impl<F: Flaw> EventStore for FlawedStore<F> {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.flaw.append(&self.store, append).await
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        let found = self.store.find_append(id).await?;
        Ok(found.and_then(|found| self.flaw.find_append(found)))
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.flaw.read(&self.store, read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        Ok(self.flaw.subscribe(self.store.subscribe(source).await?))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store.stream_version(stream).await
    }
}

/// Opens stores that all have the same flaw.
pub(super) struct FlawedBackend<F> {
    opened: Mutex<Vec<ModelStore>>,
    flaw: PhantomData<fn() -> F>,
}

impl<F: Flaw> FlawedBackend<F> {
    pub(super) fn new() -> Self {
        Self {
            opened: Mutex::default(),
            flaw: PhantomData,
        }
    }

    fn open_on(store: ModelStore) -> Arc<dyn EventStore> {
        let flaw = F::default();
        Arc::new(FlawedStore { store, flaw })
    }
}

#[async_trait]
impl<F: Flaw> Backend for FlawedBackend<F> {
    async fn open(&self) -> Arc<dyn EventStore> {
        let mut opened = self.opened.lock().expect("nothing panics while it is held");
        let store = ModelStore::new(store_id(opened.len()));
        opened.push(store.clone());
        Self::open_on(store)
    }

    async fn restart(&self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip> {
        let mut opened = self.opened.lock().expect("nothing panics while it is held");
        let crashed = opened.iter_mut().find(|opened| opened.id() == store.id());
        let crashed = crashed.expect("the store was opened by this backend");
        *crashed = F::restart(crashed);
        Ok(Self::open_on(crashed.clone()))
    }
}
