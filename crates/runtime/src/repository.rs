//! Aggregates in an event store: where they are loaded from and commands are executed.

use std::num::NonZeroUsize;
use std::sync::Arc;

use annals_core::{Aggregate, EventStore, IdSource, RandomIds, Snapshot, SnapshotStore};
use annals_keys::Keyring;

use crate::conflicts::ConflictPolicy;
use crate::era::Eras;
use crate::memory::Memory;
use crate::metrics::CommandMeter;
use crate::snapshots::{SnapshotPolicy, Snapshots};
use crate::turns::Turns;

/// All aggregates of one kind in an event store. Clones share everything.
///
/// Keep one per kind and process: commands to one aggregate queue up in it fairly. Several are
/// as correct, since the store settles every race, but cost retries.
#[derive(Clone)]
pub struct Repository<A: Aggregate> {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) snapshots: Option<Arc<Snapshots<A>>>,
    pub(crate) memory: Option<Arc<Memory<A>>>,
    pub(crate) turns: Arc<Turns>,
    pub(crate) conflicts: ConflictPolicy,
    pub(crate) meter: CommandMeter,
    pub(crate) keyring: Option<Arc<Keyring>>,
    pub(crate) eras: Arc<Eras>,
}

impl<A: Aggregate> Repository<A> {
    /// A repository on a store, with random ids, without snapshots and without memory.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            ids: Arc::new(RandomIds),
            snapshots: None,
            memory: None,
            turns: Arc::new(Turns::new()),
            conflicts: ConflictPolicy::default(),
            meter: CommandMeter::new(A::CATEGORY),
            keyring: None,
            eras: Arc::default(),
        }
    }

    /// The same repository with another source of ids.
    #[must_use]
    pub fn with_ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// The same repository with snapshots: loading begins at the newest one.
    #[must_use]
    pub fn with_snapshots(
        mut self,
        snapshots: Arc<dyn SnapshotStore>,
        policy: SnapshotPolicy,
    ) -> Self
    where
        A: Snapshot,
    {
        self.snapshots = Some(Arc::new(Snapshots::new(snapshots, policy)));
        self
    }

    /// The same repository with a memory of the states that its last commands led to, of so many
    /// aggregates at most: the next command to one of them costs an append and no load.
    ///
    /// Nobody can tell from the answers. What is remembered is only what to try first: an append
    /// at its version confirms it, and whatever no append confirms is decided again on what the
    /// store holds by then. A command that is refused or leads to nothing costs a read as ever.
    #[must_use]
    pub fn remembering(mut self, aggregates: NonZeroUsize) -> Self {
        self.memory = Some(Arc::new(Memory::of(aggregates)));
        self
    }

    /// The same repository, where commands that were overtaken are decided again so often.
    #[must_use]
    pub fn with_conflict_policy(mut self, policy: ConflictPolicy) -> Self {
        self.conflicts = policy;
        self
    }

    /// The same repository with a keyring: what is personal in events is sealed before it is recorded.
    /// Without one an event with personal fields is refused. To read it, the store must be a
    /// [`KeyedStore`](crate::KeyedStore).
    #[must_use]
    pub fn with_keyring(mut self, keyring: Arc<Keyring>) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// Waits until the snapshots that are being taken are kept, or have failed.
    pub async fn settle(&self) {
        if let Some(snapshots) = &self.snapshots {
            snapshots.settle().await;
        }
    }
}

impl<A: Aggregate> std::fmt::Debug for Repository<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("category", &A::CATEGORY)
            .field("store", &self.store.id())
            .field("snapshots", &self.snapshots.is_some())
            .field("memory", &self.memory.is_some())
            .finish_non_exhaustive()
    }
}
