//! Putting a service together: which store, which aggregates, which projections.

use std::any::{Any, TypeId, type_name};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annals_core::{EventStore, Projection, Projector, Snapshot};
use annals_embedded::EmbeddedStore;
use annals_runtime::{Repository, RunnerOptions, SnapshotPolicy, run_projection};
use annals_sqlite::{
    Database, SnapshotTable, SqlProjection, SqlProjector, SqliteError, TypedProjector,
};
use futures_util::future::BoxFuture;

use crate::error::Error;
use crate::service::Annals;

/// A snapshot is taken when this many events have passed since the last.
const SNAPSHOT_EVERY: u64 = 100;

type Declared = Box<dyn Any + Send + Sync>;
type DeclareAggregate = Box<dyn FnOnce(&Arc<dyn EventStore>, &SnapshotTable) -> Declared>;
type DeclareProjection =
    Box<dyn FnOnce(Database) -> BoxFuture<'static, Result<Arc<dyn Projector>, SqliteError>>>;

/// A service that is being put together. Nothing is opened before [`start`](Self::start).
#[must_use = "a builder does nothing before it is started"]
pub struct Builder {
    place: Place,
    aggregates: Vec<(TypeId, &'static str, DeclareAggregate)>,
    projections: Vec<DeclareProjection>,
}

/// Where events and read models are kept.
enum Place {
    Directory(PathBuf),
    Memory,
    Store(Arc<dyn EventStore>, Database),
}

impl Annals {
    /// A service that keeps everything in one directory, made if it is not there.
    pub fn open(directory: impl AsRef<Path>) -> Builder {
        Builder::new(Place::Directory(directory.as_ref().to_owned()))
    }

    /// A service that keeps everything in memory, for tests and trials.
    pub fn in_memory() -> Builder {
        Builder::new(Place::Memory)
    }

    /// A service on a store and a database of one's own.
    pub fn on(store: Arc<dyn EventStore>, read_models: Database) -> Builder {
        Builder::new(Place::Store(store, read_models))
    }
}

impl Builder {
    fn new(place: Place) -> Self {
        Self {
            place,
            aggregates: Vec::new(),
            projections: Vec::new(),
        }
    }

    /// Declares an aggregate, with snapshots after every 100 events.
    pub fn aggregate<A: Snapshot>(mut self) -> Self {
        let declare = |store: &Arc<dyn EventStore>, snapshots: &SnapshotTable| -> Declared {
            let snapshots = Arc::new(snapshots.clone());
            let policy = SnapshotPolicy::every(SNAPSHOT_EVERY);
            let repository = Repository::<A>::new(Arc::clone(store));
            Box::new(repository.with_snapshots(snapshots, policy))
        };
        let declared = (TypeId::of::<A>(), type_name::<A>(), Box::new(declare) as _);
        self.aggregates.push(declared);
        self
    }

    /// Declares a read model that is folded from events.
    pub fn projection<P: Projection>(mut self) -> Self {
        self.projections.push(Box::new(|database| {
            Box::pin(async move {
                let projector = TypedProjector::<P>::new(database).await?;
                Ok(Arc::new(projector) as Arc<dyn Projector>)
            })
        }));
        self
    }

    /// Declares a read model that is kept by SQL of its own.
    pub fn sql_projection<P: SqlProjection>(mut self, projection: P) -> Self {
        self.projections.push(Box::new(|database| {
            Box::pin(async move {
                let projector = SqlProjector::new(database, projection).await?;
                Ok(Arc::new(projector) as Arc<dyn Projector>)
            })
        }));
        self
    }

    /// Opens the store and the read models, and starts the projections.
    ///
    /// # Errors
    /// [`Error`] when something could not be opened or was declared twice.
    pub async fn start(self) -> Result<Annals, Error> {
        let (store, database) = self.place.open().await?;
        let snapshots = SnapshotTable::new(database.clone()).await?;
        let mut repositories = HashMap::new();
        for (aggregate, name, declare) in self.aggregates {
            let repository = declare(&store, &snapshots);
            if repositories.insert(aggregate, repository).is_some() {
                return Err(Error::DeclaredTwice(name.to_owned()));
            }
        }
        let mut projectors = BTreeMap::new();
        for declare in self.projections {
            let projector = declare(database.clone()).await?;
            let name = projector.name().to_owned();
            if projectors.insert(name.clone(), projector).is_some() {
                return Err(Error::DeclaredTwice(name));
            }
        }
        // Nothing runs before everything is known to be declared rightly.
        let run =
            |projector| run_projection(Arc::clone(&store), projector, RunnerOptions::default());
        let projections = projectors
            .into_iter()
            .map(|(name, projector)| (name, run(projector)))
            .collect();
        Ok(Annals::new(store, database, repositories, projections))
    }
}

impl Place {
    async fn open(self) -> Result<(Arc<dyn EventStore>, Database), Error> {
        match self {
            Self::Directory(path) => {
                std::fs::create_dir_all(&path).map_err(|source| Error::Directory {
                    path: path.clone(),
                    source,
                })?;
                let database = Database::open(path.join("read-models.db")).await?;
                Ok((Arc::new(EmbeddedStore::open(path.join("log"))?), database))
            }
            Self::Memory => {
                let database = Database::in_memory().await?;
                Ok((Arc::new(EmbeddedStore::in_memory()?), database))
            }
            Self::Store(store, database) => Ok((store, database)),
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}
