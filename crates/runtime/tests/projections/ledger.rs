//! A read model in memory that writes down what was applied, and fails on demand.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use annals_core::{
    Append, EventId, EventStore, EventType, ExpectedVersion, IdSource, NewEvent, Position,
    ProjectionBatch, ProjectionError, Projector, Query, RandomIds, StoreId, StreamId,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{Backoff, ProjectionHandle, ProjectionStatus, RunnerOptions, run_projection};
use async_trait::async_trait;
use tokio::sync::Semaphore;

/// Far beyond what any wait takes when nothing is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// What happens to one batch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Killed before the commit.
    BeforeCommit,
    /// Killed between the commit and its answer.
    AfterCommit,
    /// A mistake in the projection's code.
    Panic,
}

/// What is committed.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) store: Option<StoreId>,
    pub(crate) checkpoint: Position,
    /// Raised by each resume; only the newest one's batches are taken.
    token: u64,
    /// Raised by each process that declares it otherwise.
    declaration: u32,
    /// The positions of all events, in the order they were applied.
    pub(crate) applied: Vec<u64>,
    /// Beginning, end and number of events of each batch.
    pub(crate) batches: Vec<(u64, u64, usize)>,
}

/// Keeps the events of the category `Account`.
pub(crate) struct Ledger {
    kept: Arc<Mutex<Kept>>,
    /// What it was when this process declared it.
    declaration: u32,
    /// The token of the last resume in this process.
    claim: Mutex<u64>,
    /// How often the checkpoint was looked at by a standby.
    pub(crate) looks: AtomicU32,
    faults: Mutex<VecDeque<Fault>>,
    poison: Mutex<Option<Position>>,
    /// Most events that can be written before the time is up.
    at_once: Mutex<usize>,
    /// How often a batch with the poisonous event was tried.
    poisoned: Mutex<u32>,
    places: Semaphore,
    /// How many batches came as far as to wait for a place.
    pub(crate) arrived: Semaphore,
}

impl Ledger {
    pub(crate) fn new() -> Arc<Self> {
        let ledger = Self::closed();
        ledger.open();
        ledger
    }

    /// Commits wait until it is opened.
    pub(crate) fn closed() -> Arc<Self> {
        Self::closed_with(Arc::default())
    }

    /// The same ledger in another process, where commits wait until it is opened.
    pub(crate) fn closed_beside(other: &Self) -> Arc<Self> {
        Self::closed_with(Arc::clone(&other.kept))
    }

    /// The same ledger in another process.
    pub(crate) fn beside(other: &Self) -> Arc<Self> {
        let ledger = Self::closed_beside(other);
        ledger.open();
        ledger
    }

    /// The same ledger in another process, which declares it otherwise: it is made again.
    pub(crate) fn declared_otherwise(other: &Self) -> Arc<Self> {
        let mut kept = other.kept();
        kept.declaration += 1;
        kept.token += 1;
        kept.checkpoint = Position::START;
        kept.applied.clear();
        drop(kept);
        Self::beside(other)
    }

    fn closed_with(kept: Arc<Mutex<Kept>>) -> Arc<Self> {
        let declaration = lock(&kept).declaration;
        Arc::new(Self {
            kept,
            declaration,
            claim: Mutex::default(),
            looks: AtomicU32::default(),
            faults: Mutex::default(),
            poison: Mutex::default(),
            at_once: Mutex::new(usize::MAX),
            poisoned: Mutex::default(),
            places: Semaphore::new(0),
            arrived: Semaphore::new(0),
        })
    }

    pub(crate) fn open(&self) {
        self.places.close();
    }

    /// The next batches meet these faults.
    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.faults).extend(faults);
    }

    /// The failures that are still to come do not.
    pub(crate) fn mend(&self) {
        lock(&self.faults).clear();
        *lock(&self.poison) = None;
    }

    /// The event at this position cannot be applied.
    pub(crate) fn poison(&self, position: u64) {
        *lock(&self.poison) = Some(Position(position));
    }

    /// Larger batches take longer than there is time for.
    pub(crate) fn write_at_once(&self, most: usize) {
        *lock(&self.at_once) = most;
    }

    pub(crate) fn poisoned(&self) -> u32 {
        *lock(&self.poisoned)
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }

    pub(crate) fn applied(&self) -> Vec<u64> {
        self.kept().applied.clone()
    }

    fn check_declaration(&self) -> Result<(), ProjectionError> {
        if self.kept().declaration == self.declaration {
            return Ok(());
        }
        let projection = self.name().to_owned();
        Err(ProjectionError::Superseded { projection })
    }

    fn check_store(&self, expected: StoreId) -> Result<(), ProjectionError> {
        self.check_declaration()?;
        match self.kept().store {
            Some(actual) if actual != expected => Err(ProjectionError::WrongStore {
                projection: self.name().to_owned(),
                expected,
                actual,
            }),
            _ => Ok(()),
        }
    }

    fn check(&self, batch: &ProjectionBatch) -> Result<(), ProjectionError> {
        self.check_declaration()?;
        let Kept {
            checkpoint: actual,
            token,
            ..
        } = *self.kept();
        if batch.after != actual || *lock(&self.claim) != token {
            let expected = batch.after;
            return Err(ProjectionError::Moved { expected, actual });
        }
        let poison = *lock(&self.poison);
        let poison = poison.filter(|at| batch.events.iter().any(|event| event.position == *at));
        if let Some(position) = poison {
            *lock(&self.poisoned) += 1;
            let cause = Arc::new(std::io::Error::other("poison"));
            return Err(ProjectionError::Event { position, cause });
        }
        Ok(())
    }

    fn commit(&self, batch: &ProjectionBatch) {
        let mut kept = self.kept();
        let events = batch.events.iter().map(|event| event.position.0);
        kept.applied.extend(events);
        let size = batch.events.len();
        kept.batches.push((batch.after.0, batch.up_to.0, size));
        kept.checkpoint = batch.up_to;
    }
}

#[async_trait]
impl Projector for Ledger {
    fn name(&self) -> &str {
        "ledger"
    }

    fn query(&self) -> Query {
        Query::category("Account")
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.kept().store.get_or_insert(store);
        self.check_store(store)?;
        let mut kept = self.kept();
        kept.token += 1;
        *lock(&self.claim) = kept.token;
        Ok(kept.checkpoint)
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.check_store(store)?;
        Ok(self.kept().checkpoint)
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        self.arrived.add_permits(1);
        let _closed = self.places.acquire().await;
        let fault = lock(&self.faults).pop_front();
        match fault {
            Some(Fault::BeforeCommit) => return Err(unavailable()),
            Some(Fault::Panic) => panic!("on demand"),
            Some(Fault::AfterCommit) | None => {}
        }
        self.check(&batch)?;
        if batch.events.len() > *lock(&self.at_once) {
            return Err(unavailable());
        }
        self.commit(&batch);
        match fault {
            Some(Fault::AfterCommit) => Err(unavailable()),
            _ => Ok(()),
        }
    }
}

fn unavailable() -> ProjectionError {
    let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    ProjectionError::Unavailable(Arc::new(cause))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics under these locks")
}

/// Options that do not wait long.
pub(crate) fn quick() -> RunnerOptions {
    RunnerOptions {
        backoff: Backoff {
            first: Duration::from_millis(1),
            most: Duration::from_millis(2),
        },
        ..RunnerOptions::default()
    }
}

/// Runs a ledger on a store.
pub(crate) fn run(
    store: &Arc<impl EventStore>,
    ledger: &Arc<Ledger>,
    options: RunnerOptions,
) -> ProjectionHandle {
    run_projection(Arc::clone(store) as _, Arc::clone(ledger) as _, options)
}

/// An empty store.
pub(crate) fn new_store() -> Arc<EmbeddedStore> {
    Arc::new(EmbeddedStore::in_memory().expect("memory suffices"))
}

/// Records so many events in one append, in the category `Account` or another.
pub(crate) async fn record(store: &dyn EventStore, category: &str, events: u64) -> Position {
    record_in(store, category, &RandomIds.next().to_string(), events).await
}

/// Records so many events in one append to a stream.
pub(crate) async fn record_in(
    store: &dyn EventStore,
    category: &str,
    stream: &str,
    events: u64,
) -> Position {
    let id = || RandomIds.next();
    let stream = StreamId::new(category, stream).expect("a valid name");
    let event_type = EventType::new("Happened").expect("a valid name");
    let event = |_| NewEvent::json(EventId(id()), event_type.clone(), "{}");
    let events = (0..events).map(event).collect();
    let append = Append::to(stream, ExpectedVersion::Any, events);
    store.append(append).await.expect("the store takes it").last
}

/// Waits until the projection is in a status.
pub(crate) async fn until(
    projection: &ProjectionHandle,
    is_it: impl Fn(&ProjectionStatus) -> bool,
) -> ProjectionStatus {
    let looking = async {
        loop {
            let status = projection.status();
            if is_it(&status) {
                return status;
            }
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(LONG, looking).await;
    found.unwrap_or_else(|_| panic!("it is {} instead", projection.status()))
}
