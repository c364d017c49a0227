//! Sagas as they are declared, before there is a store to run them on.

use std::collections::BTreeMap;
use std::sync::Arc;

use annals_core::{EventStore, InstanceId, Leases, ReadModel, ReadModels, Saga, Table, TableFold};
use annals_runtime::{
    CommandBus, ProjectionHandle, SagaEngine, SagaHandle, SagaRow, SagaWatch, Sagas,
};

use crate::declared_effect::DeclaredEffect;
use crate::error::Error;
use crate::runners::Runners;
use crate::service::Running;

/// The sagas of a service that is put together.
#[derive(Default)]
pub(crate) struct DeclaredSagas {
    pub(crate) sagas: Vec<DeclaredSaga>,
}

/// Sagas that have a store and a bus, and do not run yet.
pub(crate) struct BegunSagas {
    store: Arc<dyn EventStore>,
    begun: Vec<Box<dyn RunsSaga>>,
}

/// The sagas of a service that runs.
pub(crate) struct RunningSagas {
    pub(crate) sagas: Sagas,
    pub(crate) watch: SagaWatch,
    handles: Vec<SagaHandle>,
}

impl DeclaredSagas {
    /// The read model that tells how all instances are, if there can be any.
    pub(crate) fn index(&self) -> Option<TableFold> {
        (!self.sagas.is_empty()).then(TableFold::of_rows::<SagaRow>)
    }

    /// The names of their inboxes, which are effects.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.sagas.iter().map(|saga| saga.name)
    }

    /// No service starts with a saga that is declared wrongly.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for DeclaredSaga { name, fault, .. } in &self.sagas {
            if let Some(fault) = fault.clone() {
                return Err(Error::Saga { name, fault });
            }
        }
        Ok(())
    }

    pub(crate) fn begin(self, store: &Arc<dyn EventStore>, bus: &CommandBus) -> BegunSagas {
        let sagas = self.sagas.into_iter();
        let begun = sagas.map(|saga| (saga.begin)(Arc::clone(store), bus.clone()));
        BegunSagas {
            store: Arc::clone(store),
            begun: begun.collect(),
        }
    }
}

impl BegunSagas {
    /// What brings them events.
    pub(crate) fn inboxes(&self) -> impl Iterator<Item = DeclaredEffect> {
        self.begun.iter().map(|saga| saga.inbox())
    }

    /// Starts to do what is open, shared out by the leases by which projections run.
    pub(crate) fn run(
        self,
        read_models: &Arc<dyn ReadModels>,
        projections: &BTreeMap<String, Running>,
        runners: &Runners,
    ) -> RunningSagas {
        let rows = Table::of(read_models);
        let mut sagas = Sagas::new(&self.store, read_models);
        let mut handles = Vec::new();
        for saga in self.begun {
            let index = projections.get(SagaRow::TABLE);
            let index = index.expect("the index is declared with the first saga");
            let leases = runners.shared.leases.clone();
            handles.push(saga.run(rows.clone(), index.handle(), leases));
            sagas = saga.add_to(sagas);
        }
        RunningSagas {
            watch: sagas.watch(),
            sagas,
            handles,
        }
    }
}

impl RunningSagas {
    /// Waits until nothing is done any more. Whatever was not finished is done again by who comes next.
    pub(crate) async fn stop(&self) {
        self.watch.stop().await;
        for handle in &self.handles {
            handle.stop().await;
        }
    }
}

/// A saga of any type.
pub(crate) struct DeclaredSaga {
    name: &'static str,
    fault: Option<String>,
    begin: Begin,
}

type Begin = Box<dyn FnOnce(Arc<dyn EventStore>, CommandBus) -> Box<dyn RunsSaga>>;

impl DeclaredSaga {
    pub(crate) fn of<S: Saga>(run: impl FnOnce(SagaEngine<S>) -> SagaEngine<S> + 'static) -> Self {
        Self {
            name: S::NAME,
            fault: unfit_name(S::NAME).or_else(S::fault),
            begin: Box::new(|store, bus| Box::new(run(SagaEngine::new(store, bus)))),
        }
    }
}

/// What is wrong with the name of a saga, by which the streams of its instances are named.
fn unfit_name(saga: &str) -> Option<String> {
    let shortest = InstanceId::new("x").expect("one letter is a name");
    let unfit = shortest.stream(saga).err()?;
    Some(unfit.to_string())
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
