//! Aggregates as they are declared, before there is a store to load them from.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use annals_core::{EventStore, Snapshot, SnapshotStore};
use annals_keys::Keyring;
use annals_runtime::{ConflictPolicy, Forgets, Repository, SnapshotPolicy};

/// A snapshot is taken when this many events have passed since the last.
const SNAPSHOT_EVERY: u64 = 100;

/// An aggregate of any type.
pub(crate) struct DeclaredAggregate {
    pub(crate) id: TypeId,
    pub(crate) name: &'static str,
    open: fn(&Ground) -> (AnyRepository, Arc<dyn Forgets>),
}

type AnyRepository = Box<dyn Any + Send + Sync>;
/// The repositories of a service, by the types of their aggregates.
pub(crate) type Repositories = HashMap<TypeId, AnyRepository>;

/// What all repositories of a service have in common.
#[derive(Clone, Copy)]
pub(crate) struct RepositoryOptions {
    /// Most aggregates of each kind that are remembered; `None`: none.
    pub(crate) remembered: Option<NonZeroUsize>,
    /// What is done when other writers come first.
    pub(crate) conflicts: ConflictPolicy,
}

impl Default for RepositoryOptions {
    fn default() -> Self {
        Self {
            remembered: NonZeroUsize::new(1_000),
            conflicts: ConflictPolicy::default(),
        }
    }
}

/// What a repository stands on.
pub(crate) struct Ground {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) snapshots: Arc<dyn SnapshotStore>,
    pub(crate) options: RepositoryOptions,
    pub(crate) keyring: Option<Arc<Keyring>>,
}

impl DeclaredAggregate {
    pub(crate) fn of<A: Snapshot>() -> Self {
        Self {
            id: TypeId::of::<A>(),
            name: type_name::<A>(),
            open: |ground| {
                let repository = ground.repository::<A>();
                (Box::new(repository.clone()), Arc::new(repository))
            },
        }
    }
}

impl Ground {
    /// A repository for each kind of aggregate, and the same as what has aggregates in memory.
    pub(crate) fn repositories(
        &self,
        aggregates: Vec<DeclaredAggregate>,
    ) -> (Repositories, Vec<Arc<dyn Forgets>>) {
        let opened = aggregates.into_iter().map(|aggregate| {
            let (repository, memory) = (aggregate.open)(self);
            ((aggregate.id, repository), memory)
        });
        opened.unzip()
    }

    fn repository<A: Snapshot>(&self) -> Repository<A> {
        let policy = SnapshotPolicy::every(SNAPSHOT_EVERY);
        let repository = Repository::new(Arc::clone(&self.store));
        let repository = repository
            .with_snapshots(Arc::clone(&self.snapshots), policy)
            .with_conflict_policy(self.options.conflicts);
        let repository = match &self.keyring {
            Some(keyring) => repository.with_keyring(Arc::clone(keyring)),
            None => repository,
        };
        match self.options.remembered {
            Some(aggregates) => repository.remembering(aggregates),
            None => repository,
        }
    }
}
