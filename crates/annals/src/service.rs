//! A running service: commands in, queries out.

use std::any::{Any, TypeId, type_name};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use annals_core::{Aggregate, EventStore, ReadModel, ReadModels, Table};
use annals_runtime::{
    CommandContext, ExecuteError, Executed, ParkedEvents, ProjectionHandle, Repository,
};

/// A running service: its store, its aggregates, its read models and what keeps them up to date.
pub struct Annals {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
    repositories: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    projections: BTreeMap<String, Running>,
}

/// A projection that runs.
pub(crate) struct Running {
    pub(crate) handle: Arc<ProjectionHandle>,
    pub(crate) parked: ParkedEvents,
}

impl Annals {
    pub(crate) fn new(
        store: Arc<dyn EventStore>,
        read_models: Arc<dyn ReadModels>,
        repositories: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
        projections: BTreeMap<String, Running>,
    ) -> Self {
        Self {
            store,
            read_models,
            repositories,
            projections,
        }
    }

    /// The event store.
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// Where the read models are kept.
    pub fn read_models(&self) -> &Arc<dyn ReadModels> {
        &self.read_models
    }

    /// The rows of a read model, to be queried.
    pub fn table<R: ReadModel>(&self) -> Table<R> {
        Table::of(&self.read_models)
    }

    /// Loads, decides and appends for one kind of aggregate.
    ///
    /// # Panics
    /// When the aggregate was not declared: a mistake in the program.
    pub fn repository<A: Aggregate>(&self) -> &Repository<A> {
        let repository = self.repositories.get(&TypeId::of::<A>());
        repository
            .and_then(|repository| repository.downcast_ref())
            .unwrap_or_else(|| panic!("aggregate {} was not declared", type_name::<A>()))
    }

    /// Sends a command to the aggregate `id`.
    ///
    /// # Errors
    /// [`ExecuteError`]: the aggregate's refusal, or why the command could not be carried out.
    ///
    /// # Panics
    /// As [`repository`](Self::repository).
    pub async fn execute<A: Aggregate<Command: Clone>>(
        &self,
        id: &str,
        command: A::Command,
        context: CommandContext,
    ) -> Result<Executed<A>, ExecuteError<A::Error>> {
        self.repository::<A>().execute(id, command, context).await
    }

    /// A running projection.
    ///
    /// # Panics
    /// When no projection of this name was declared, or only an inline one, which does not run
    /// and is never behind: a mistake in the program.
    pub fn projection(&self, name: &str) -> &ProjectionHandle {
        &self.running(name).handle
    }

    /// What a projection could not apply.
    ///
    /// # Panics
    /// As [`projection`](Self::projection).
    pub fn parked_events(&self, name: &str) -> &ParkedEvents {
        &self.running(name).parked
    }

    /// All running projections, by name.
    pub fn projections(&self) -> impl Iterator<Item = &ProjectionHandle> {
        self.projections.values().map(|running| &*running.handle)
    }

    /// The operations on all running projections, to be mounted beside the routes of the service. As
    /// long as they are, the projections run: [`stop`](Self::stop) ends them.
    #[cfg(feature = "http")]
    pub fn operations(&self) -> annals_http::Operations {
        let operations = annals_http::Operations::on(Arc::clone(&self.store));
        self.projections
            .values()
            .fold(operations, |operations, running| {
                operations.with_projection(Arc::clone(&running.handle), running.parked.clone())
            })
    }

    /// Finishes what projections are at and writes their checkpoints. Queries still work.
    pub async fn stop(&self) {
        for projection in self.projections() {
            projection.stop().await;
        }
    }

    fn running(&self, name: &str) -> &Running {
        let running = self.projections.get(name);
        running.unwrap_or_else(|| panic!("projection {name} was not declared"))
    }
}

impl std::fmt::Debug for Annals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Annals")
            .field("store", &self.store.id())
            .field("projections", &self.projections.keys())
            .finish_non_exhaustive()
    }
}
