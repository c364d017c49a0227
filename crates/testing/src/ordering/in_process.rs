//! What stands in for a line to a store that is in the same process: a caller that gives up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    Source, StoreId, StreamId, StreamVersion, Subscription,
};
use async_trait::async_trait;

use super::{Line, Lost};

/// A line to a store in the same process. To cut it is to drop the future of an append: before it
/// was polled, or when it was polled once and waits for the commit.
#[derive(Clone)]
pub struct InProcess {
    store: Arc<dyn EventStore>,
    cuts: Arc<Cuts>,
}

#[derive(Default)]
struct Cuts {
    to_come: Mutex<HashMap<AppendId, Lost>>,
    done: AtomicUsize,
}

impl InProcess {
    /// A line to this store.
    pub fn to(store: Arc<dyn EventStore>) -> Self {
        let cuts = Arc::default();
        Self { store, cuts }
    }

    fn lost(&self, id: AppendId) -> Option<Lost> {
        let mut to_come = self.cuts.to_come.lock();
        let to_come = to_come.as_mut().expect("nothing panics while it is held");
        to_come.remove(&id)
    }
}

impl Line for InProcess {
    fn store(&self) -> Arc<dyn EventStore> {
        Arc::new(self.clone())
    }

    fn cut(&self, append: &Append, lost: Lost) {
        let mut to_come = self.cuts.to_come.lock();
        let to_come = to_come.as_mut().expect("nothing panics while it is held");
        to_come.insert(append.id, lost);
    }

    fn cuts(&self) -> usize {
        self.cuts.done.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl EventStore for InProcess {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let id = append.id;
        let Some(lost) = self.lost(id) else {
            return self.store.append(append).await;
        };
        if lost == Lost::Answer {
            tokio::select! {
                biased;
                _ = self.store.append(append) => {}
                () = std::future::ready(()) => {}
            }
        }
        self.cuts.done.fetch_add(1, Ordering::Relaxed);
        Err(AppendError::Unconfirmed {
            append: id,
            cause: Arc::new(std::io::Error::other("the caller gave up")),
        })
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
