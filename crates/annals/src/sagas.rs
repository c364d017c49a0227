//! Sagas of a service: how they are declared, and who asks after them.

use annals_core::Saga;
use annals_runtime::{SagaEngine, SagaWatch, Sagas};

use crate::builder::Builder;
use crate::declared_saga::DeclaredSaga;
use crate::service::Annals;

impl Builder {
    /// Declares a saga. It begins with the events that are recorded from now on, unless it
    /// [says otherwise](Saga::START); of the processes that share the store, one runs it.
    ///
    /// Its inbox is among [`Annals::projections`] under its name, and what is known of all instances is
    /// the read model `sagas`.
    pub fn saga<S: Saga>(self) -> Self {
        self.saga_with::<S>(|engine| engine)
    }

    /// Declares a saga that is run otherwise, or has
    /// [earlier definitions](SagaEngine::with_earlier).
    pub fn saga_with<S: Saga>(
        mut self,
        run: impl FnOnce(SagaEngine<S>) -> SagaEngine<S> + 'static,
    ) -> Self {
        self.declare_events::<S::Event>();
        self.sagas.sagas.push(DeclaredSaga::of(run));
        self
    }
}

impl Annals {
    /// The sagas: how their instances are, what happened to them, and what people ask of them.
    pub fn sagas(&self) -> &Sagas {
        &self.sagas.sagas
    }

    /// What watches over the sagas: it logs an error for those that are stuck, and knows how all were when
    /// it last looked, such as for a page of health.
    pub fn saga_watch(&self) -> &SagaWatch {
        &self.sagas.watch
    }
}
