//! A store that misbehaves on demand, as networks and disks do.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use annals_core::{
    Append, AppendError, AppendId, Appended, EventStore, EventStream, ExpectedVersion, Position,
    Read, ReadError, Source, StoreId, StreamId, StreamVersion, Subscription,
};
use annals_embedded::EmbeddedStore;
use async_trait::async_trait;

/// What happens to one append.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// It goes through.
    None,
    /// It is recorded, but its answer is lost.
    AnswerLost,
    /// It is recorded, and whoever waits for its answer waits for ever.
    NeverAnswered,
    /// It is not recorded, and its answer is lost.
    RequestLost,
    /// It is not recorded, and the store says so.
    Unavailable,
    /// It finds another writer ahead of it.
    Conflict,
    /// Another append is recorded just before it.
    Overtaken(Box<Append>),
}

/// An embedded store behind a bad connection.
pub(crate) struct FaultyStore {
    store: Mutex<Arc<EmbeddedStore>>,
    faults: Mutex<VecDeque<Fault>>,
    appends: AtomicU32,
    reads: AtomicU32,
    blind: AtomicU32,
}

impl FaultyStore {
    /// The faults are those of the next appends, in order.
    pub(crate) fn new(
        store: &Arc<EmbeddedStore>,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store: Mutex::new(Arc::clone(store)),
            faults: Mutex::new(faults.into_iter().collect()),
            appends: AtomicU32::new(0),
            reads: AtomicU32::new(0),
            blind: AtomicU32::new(0),
        })
    }

    /// How many appends were sent.
    pub(crate) fn appends(&self) -> u32 {
        self.appends.load(Ordering::SeqCst)
    }

    /// How many reads and appends were sent since this was asked last.
    pub(crate) fn take_counts(&self) -> (u32, u32) {
        let take = |count: &AtomicU32| count.swap(0, Ordering::SeqCst);
        (take(&self.reads), take(&self.appends))
    }

    /// What happens to the append after those that are decided already.
    pub(crate) fn then(&self, fault: Fault) {
        let mut faults = self.faults.lock().expect("no test panics in here");
        faults.push_back(fault);
    }

    /// Another store comes into its place, as when an earlier state is put back.
    pub(crate) fn replace_by(&self, store: &Arc<EmbeddedStore>) {
        *self.store.lock().expect("no test panics in here") = Arc::clone(store);
    }

    /// The next question about an append is answered as it was before the append.
    pub(crate) fn answer_once_from_before(&self) {
        self.blind.store(1, Ordering::SeqCst);
    }

    fn store(&self) -> Arc<EmbeddedStore> {
        Arc::clone(&self.store.lock().expect("no test panics in here"))
    }

    fn next_fault(&self) -> Fault {
        let mut faults = self.faults.lock().expect("no test panics in here");
        faults.pop_front().unwrap_or(Fault::None)
    }
}

#[async_trait]
impl EventStore for FaultyStore {
    fn id(&self) -> StoreId {
        self.store().id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        let id = append.id;
        match self.next_fault() {
            Fault::None => self.store().append(append).await,
            Fault::AnswerLost => {
                self.store().append(append).await?;
                Err(lost(id))
            }
            Fault::NeverAnswered => {
                self.store().append(append).await?;
                std::future::pending().await
            }
            Fault::RequestLost => Err(lost(id)),
            Fault::Unavailable => Err(AppendError::Unavailable {
                reason: "on demand".to_owned(),
            }),
            Fault::Conflict => Err(AppendError::Conflict {
                stream: append.writes[0].stream.clone(),
                expected: append.writes[0].expected,
                actual: StreamVersion::NONE,
            }),
            Fault::Overtaken(mut other) => {
                other.writes[0].expected = ExpectedVersion::Any;
                self.store().append(*other).await?;
                self.store().append(append).await
            }
        }
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        if self.blind.swap(0, Ordering::SeqCst) == 1 {
            return Ok(None);
        }
        self.store().find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.store().read(read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        self.store().subscribe(source).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store().head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store().stream_version(stream).await
    }
}

fn lost(append: AppendId) -> AppendError {
    let cause = Arc::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    AppendError::Unconfirmed { append, cause }
}
