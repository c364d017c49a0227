//! The store under test, asked in ways that end a case when the answer is not what it must be, or
//! does not come.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, Position, Read, ReadError,
    RecordedEvent, Source, StreamId, StreamVersion,
};
use tokio::task::JoinSet;

use super::follower::Follower;
use super::{Backend, Skip};

/// Silence for so long is a failure. Generous: a slow machine is none.
const PATIENCE: Duration = Duration::from_secs(30);

/// The store under test. Clones are the same store.
#[derive(Clone)]
pub(super) struct Subject {
    backend: Arc<dyn Backend>,
    store: Arc<dyn EventStore>,
}

impl Subject {
    pub(super) async fn open(backend: Arc<dyn Backend>) -> Self {
        let store = in_time("opening a store", backend.open()).await;
        Self { backend, store }
    }

    /// The same store after a crash.
    pub(super) async fn restart(self) -> Result<Self, Skip> {
        let Self { backend, store } = self;
        let id = store.id();
        let store = in_time("a restart", backend.restart(store)).await?;
        assert_eq!(store.id(), id, "a store keeps its id");
        Ok(Self { backend, store })
    }

    /// Appends; must be acknowledged.
    pub(super) async fn append(&self, append: Append) -> Appended {
        match self.try_append(append).await {
            Ok(appended) => appended,
            Err(refusal) => panic!("an append was refused: {refusal}"),
        }
    }

    /// Appends; must be refused.
    pub(super) async fn refusal(&self, append: Append) -> AppendError {
        match self.try_append(append).await {
            Ok(appended) => panic!("an append was acknowledged that must be refused: {appended:?}"),
            Err(refusal) => refusal,
        }
    }

    /// Appends, and may be refused.
    pub(super) async fn try_append(&self, append: Append) -> Result<Appended, AppendError> {
        in_time("an append", self.store.append(append)).await
    }

    pub(super) async fn find_append(&self, id: AppendId) -> Option<Appended> {
        answered("finding an append", self.store.find_append(id)).await
    }

    pub(super) async fn head(&self) -> Position {
        answered("the head", self.store.head()).await
    }

    pub(super) async fn stream_version(&self, stream: &StreamId) -> StreamVersion {
        answered("a stream's version", self.store.stream_version(stream)).await
    }

    /// All events of a read.
    pub(super) async fn read(&self, read: Read) -> Vec<RecordedEvent> {
        rest_of(self.start_read(read).await).await
    }

    /// A read of which nothing is taken yet.
    pub(super) async fn start_read(&self, read: Read) -> EventStream {
        answered("a read", self.store.read(read)).await
    }

    /// Reads; must be refused at once.
    pub(super) async fn read_refusal(&self, read: Read) -> ReadError {
        match in_time("a read", self.store.read(read)).await {
            Ok(_) => panic!("a read was begun that must be refused"),
            Err(refusal) => refusal,
        }
    }

    /// Every event of the store.
    pub(super) async fn all(&self) -> Vec<RecordedEvent> {
        self.read(Read::forwards(Source::all())).await
    }

    /// Every event of one stream.
    pub(super) async fn stream(&self, stream: &StreamId) -> Vec<RecordedEvent> {
        let source = Source::stream(stream.clone());
        self.read(Read::forwards(source)).await
    }

    /// A subscription.
    pub(super) async fn follow(&self, source: Source) -> Follower {
        let subscription = self.store.subscribe(source);
        Follower::new(answered("a subscription", subscription).await)
    }

    /// Subscribes; must be refused at once.
    pub(super) async fn subscribe_refusal(&self, source: Source) -> ReadError {
        match in_time("a subscription", self.store.subscribe(source)).await {
            Ok(_) => panic!("a subscription was begun that must be refused"),
            Err(refusal) => refusal,
        }
    }
}

/// What is left of a read.
pub(super) async fn rest_of(read: EventStream) -> Vec<RecordedEvent> {
    answered("the events of a read", read.collect()).await
}

/// Waits for an answer, but not for ever.
pub(crate) async fn in_time<T>(what: &str, answer: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(_) => panic!("{what} did not come within {PATIENCE:?}"),
    }
}

/// Runs tasks side by side and waits for all of them; fails as soon as one of them fails.
pub(crate) async fn in_parallel<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut running = JoinSet::new();
    for (place, task) in tasks.into_iter().enumerate() {
        running.spawn(async move { (place, task.await) });
    }
    let mut results = Vec::with_capacity(running.len());
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(result) => results.push(result),
            Err(failure) => std::panic::resume_unwind(failure.into_panic()),
        }
    }
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

async fn answered<T>(what: &str, answer: impl Future<Output = Result<T, ReadError>>) -> T {
    match in_time(what, answer).await {
        Ok(answer) => answer,
        Err(error) => panic!("{what} failed: {error}"),
    }
}
