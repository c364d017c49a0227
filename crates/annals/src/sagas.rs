//! Sagas of a service: how they are declared, and who carries their commands out.

use annals_core::{Aggregate, Command, Saga};
use annals_runtime::{CommandHandler, Executed, SagaEngine, SagaWatch, Sagas};

use crate::builder::Builder;
use crate::declared_saga::{DeclaredCommand, DeclaredSaga};
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

    /// Declares that an aggregate carries commands of type `C` out: which one, and as what, `address`
    /// says; `reply` makes the answer of what came of it.
    pub fn command_to<C, A>(
        mut self,
        address: impl Fn(C) -> (String, A::Command) + Send + Sync + 'static,
        reply: impl Fn(&Executed<A>) -> C::Reply + Send + Sync + 'static,
    ) -> Self
    where
        C: Command<Refusal = A::Error>,
        A: Aggregate<Command: Clone>,
    {
        let command = DeclaredCommand::sent_to::<C, A>(address, reply);
        self.sagas.commands.push(command);
        self
    }

    /// Declares who carries commands of type `C` out.
    pub fn command<C: Command>(mut self, handler: impl CommandHandler<C>) -> Self {
        let command = DeclaredCommand::handled_by(handler);
        self.sagas.commands.push(command);
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
