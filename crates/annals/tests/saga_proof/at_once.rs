//! A store whose calls are over at once, as a simulation sees it: whatever threads they take, nothing
//! else happens meanwhile. So one seed has one course of events.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use annals::{
    Append, AppendError, AppendId, Appended, EventStore, Position, Read, ReadError, RecordedEvent,
    StoreId, StreamId, StreamVersion,
};
use tokio::runtime::Handle;

/// Clones are the same store.
#[derive(Clone)]
pub(crate) struct AtOnce {
    store: Arc<dyn EventStore>,
    /// The runtime that drives its connections, if it has any.
    elsewhere: Option<Handle>,
}

impl AtOnce {
    /// A store that needs no runtime.
    pub(crate) fn of(store: impl EventStore) -> Self {
        Self {
            store: Arc::new(store),
            elsewhere: None,
        }
    }

    /// A store that works on another runtime.
    pub(crate) fn on(elsewhere: &Handle, store: impl EventStore) -> Self {
        Self {
            store: Arc::new(store),
            elsewhere: Some(elsewhere.clone()),
        }
    }

    pub(crate) fn id(&self) -> StoreId {
        self.store.id()
    }

    pub(crate) fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let store = Arc::clone(&self.store);
        self.wait(async move { store.append(append).await })
    }

    pub(crate) fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        let store = Arc::clone(&self.store);
        self.wait(async move { store.find_append(id).await })
    }

    pub(crate) fn read(&self, read: Read) -> Result<(Position, Vec<RecordedEvent>), ReadError> {
        let store = Arc::clone(&self.store);
        self.wait(async move {
            let events = store.read(read).await?;
            Ok((events.head(), events.collect().await?))
        })
    }

    pub(crate) fn head(&self) -> Result<Position, ReadError> {
        let store = Arc::clone(&self.store);
        self.wait(async move { store.head().await })
    }

    pub(crate) fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        let (store, stream) = (Arc::clone(&self.store), stream.clone());
        self.wait(async move { store.stream_version(&stream).await })
    }

    fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match &self.elsewhere {
            None => wait_for(work),
            Some(elsewhere) => wait_for(elsewhere.spawn(work)).unwrap(),
        }
    }
}

struct Unparks(Thread);

impl Wake for Unparks {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    // The task's budget is not renewed while it waits here.
    let mut work = pin!(tokio::task::unconstrained(work));
    let waker = Waker::from(Arc::new(Unparks(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
        thread::park();
    }
}
