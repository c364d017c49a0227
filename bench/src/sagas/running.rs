//! What runs a saga: its inbox, the read model of all instances, and the engine.

use std::sync::Arc;

use annals_core::{EventStore, Saga, Table, TableFold};
use annals_runtime::{
    CommandBus, Inbox, ProjectionHandle, RunnerOptions, SagaEngine, SagaHandle, SagaRow,
    UnboundEffect, run_projection,
};

use super::place::Place;
use crate::Outcome;

/// The read model of all instances, kept up to date.
pub(super) async fn index(place: &Place) -> Outcome<ProjectionHandle> {
    let projector = place.read_models.projector(TableFold::of_rows::<SagaRow>());
    let projector = projector.await?;
    Ok(run_projection(
        place.events(),
        projector,
        RunnerOptions::default(),
    ))
}

/// A saga that runs.
pub(super) struct Running {
    inbox: ProjectionHandle,
    engine: SagaHandle,
}

impl Running {
    /// Starts it. What is recorded from now on reaches it.
    pub(super) async fn start<S: Saga>(
        place: &Place,
        bus: CommandBus,
        index: &ProjectionHandle,
    ) -> Outcome<Self> {
        let store: Arc<dyn EventStore> = place.events();
        let engine: SagaEngine<S> = SagaEngine::new(Arc::clone(&store), bus);
        let handle = engine.run(Table::of(&place.read_models), index, None);
        let inbox = UnboundEffect::of(engine.inbox());
        let checkpoint = place.read_models.projector(inbox.fold()).await?;
        let inbox = Arc::new(inbox.begin(&*store, checkpoint).await?);
        let options = RunnerOptions::for_effect::<Inbox<S>>();
        Ok(Self {
            inbox: run_projection(store, inbox, options),
            engine: handle,
        })
    }

    pub(super) async fn stop(self) {
        self.inbox.stop().await;
        self.engine.stop().await;
    }
}
