//! Sagas and commands as they are declared, before there is a store to run them on.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use annals_core::{Aggregate, Command, EventStore, Leases, ReadModels, Saga, Table, TableFold};
use annals_runtime::{
    CommandBus, CommandHandler, Executed, ProjectionHandle, Repository, SagaEngine, SagaHandle,
    SagaRow, Sagas, ToAggregate,
};

use crate::declared_effect::DeclaredEffect;

/// The repositories of a service, by the types of their aggregates.
pub(crate) type Repositories = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

/// The name of the read model that tells how all instances are.
pub(crate) fn index() -> TableFold {
    TableFold::of_rows::<SagaRow>()
}

/// A command, and what handles it.
pub(crate) struct DeclaredCommand {
    pub(crate) name: &'static str,
    handle: Handle,
}

type Handle = Box<dyn FnOnce(CommandBus, &Repositories) -> Option<CommandBus>>;

impl DeclaredCommand {
    pub(crate) fn handled_by<C: Command>(handler: impl CommandHandler<C>) -> Self {
        Self {
            name: C::NAME,
            handle: Box::new(|bus, _| Some(bus.handling(handler))),
        }
    }

    pub(crate) fn sent_to<C, A>(
        address: impl Fn(C) -> (String, A::Command) + Send + Sync + 'static,
        reply: impl Fn(&Executed<A>) -> C::Reply + Send + Sync + 'static,
    ) -> Self
    where
        C: Command<Refusal = A::Error>,
        A: Aggregate<Command: Clone>,
    {
        let handle = |bus: CommandBus, repositories: &Repositories| {
            let repository = repositories.get(&TypeId::of::<A>())?;
            let repository: &Repository<A> = repository.downcast_ref()?;
            Some(bus.handling(ToAggregate::new(repository.clone(), address, reply)))
        };
        Self {
            name: C::NAME,
            handle: Box::new(handle),
        }
    }

    /// `None`: the aggregate was not declared.
    pub(crate) fn add_to(self, bus: CommandBus, repositories: &Repositories) -> Option<CommandBus> {
        (self.handle)(bus, repositories)
    }
}

/// A saga of any type.
pub(crate) struct DeclaredSaga {
    pub(crate) name: &'static str,
    begin: Begin,
}

type Begin = Box<dyn FnOnce(Arc<dyn EventStore>, CommandBus) -> Box<dyn RunsSaga>>;

impl DeclaredSaga {
    pub(crate) fn of<S: Saga>(run: impl FnOnce(SagaEngine<S>) -> SagaEngine<S> + 'static) -> Self {
        Self {
            name: S::NAME,
            begin: Box::new(|store, bus| Box::new(run(SagaEngine::new(store, bus)))),
        }
    }

    pub(crate) fn begin(self, store: &Arc<dyn EventStore>, bus: &CommandBus) -> Box<dyn RunsSaga> {
        (self.begin)(Arc::clone(store), bus.clone())
    }
}

/// What runs a saga of any type.
pub(crate) trait RunsSaga {
    /// What brings it events.
    fn inbox(&self) -> DeclaredEffect;

    /// Starts to do what is open for its instances.
    fn run(
        &self,
        rows: Table<SagaRow>,
        index: &ProjectionHandle,
        leases: Option<Arc<dyn Leases>>,
    ) -> SagaHandle;

    /// Adds it to those that people can ask.
    fn add_to(&self, sagas: Sagas) -> Sagas;
}

impl<S: Saga> RunsSaga for SagaEngine<S> {
    fn inbox(&self) -> DeclaredEffect {
        DeclaredEffect::of(self.inbox())
    }

    fn run(
        &self,
        rows: Table<SagaRow>,
        index: &ProjectionHandle,
        leases: Option<Arc<dyn Leases>>,
    ) -> SagaHandle {
        self.run(rows, index, leases)
    }

    fn add_to(&self, sagas: Sagas) -> Sagas {
        sagas.with(self)
    }
}

/// The sagas of a service that runs.
pub(crate) struct RunningSagas {
    pub(crate) sagas: Sagas,
    handles: Vec<SagaHandle>,
}

impl RunningSagas {
    /// Those that were begun, found in the read model that `index` keeps up to date.
    pub(crate) fn run(
        begun: &[Box<dyn RunsSaga>],
        store: &Arc<dyn EventStore>,
        read_models: &Arc<dyn ReadModels>,
        index: Option<&ProjectionHandle>,
        leases: Option<&Arc<dyn Leases>>,
    ) -> Self {
        let rows = Table::of(read_models);
        let mut running = Self {
            sagas: Sagas::new(store, read_models),
            handles: Vec::new(),
        };
        for saga in begun {
            let index = index.expect("the index is declared with the first saga");
            let handle = saga.run(rows.clone(), index, leases.cloned());
            running.handles.push(handle);
            running.sagas = saga.add_to(running.sagas);
        }
        running
    }

    /// Waits until nothing is done any more. Whatever was not finished is done again by who comes next.
    pub(crate) async fn stop(&self) {
        for handle in &self.handles {
            handle.stop().await;
        }
    }
}
