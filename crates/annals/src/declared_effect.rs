//! Effects as they are declared, before there is a store to bind them to.

use std::sync::Arc;

use annals_core::{Effect, EventStore, Projector, ReadModels, TableFold};
use annals_runtime::{RunError, RunnerOptions, UnboundEffect};
use futures_util::future::BoxFuture;

use crate::error::Error;

/// An effect of any type.
pub(crate) struct DeclaredEffect {
    pub(crate) name: &'static str,
    /// How it is run, unless the service says otherwise.
    options: RunnerOptions,
    fold: TableFold,
    begin: Begin,
}

/// An effect that is bound to its checkpoint.
pub(crate) struct BegunEffect {
    projector: Arc<dyn Projector>,
    options: RunnerOptions,
}

type Begin = Box<
    dyn FnOnce(
            Arc<dyn EventStore>,
            Arc<dyn Projector>,
        ) -> BoxFuture<'static, Result<Arc<dyn Projector>, RunError>>
        + Send,
>;

impl DeclaredEffect {
    pub(crate) fn of<E: Effect>(effect: E) -> Self {
        let unbound = UnboundEffect::of(effect);
        let fold = unbound.fold();
        let begin: Begin = Box::new(|store, checkpoint| {
            Box::pin(async move {
                let begun = unbound.begin(&*store, checkpoint).await?;
                Ok(Arc::new(begun) as _)
            })
        });
        Self {
            name: E::NAME,
            options: RunnerOptions::for_effect::<E>(),
            fold,
            begin,
        }
    }

    /// Binds it to its checkpoint, which is kept beside the read models.
    pub(crate) async fn begin(
        self,
        store: &Arc<dyn EventStore>,
        read_models: &dyn ReadModels,
    ) -> Result<BegunEffect, Error> {
        let checkpoint = read_models.projector(self.fold).await?;
        let begun = (self.begin)(Arc::clone(store), checkpoint).await;
        let projector = begun.map_err(|source| Error::Effect {
            effect: self.name,
            source,
        })?;
        let options = self.options;
        Ok(BegunEffect { projector, options })
    }
}

impl BegunEffect {
    /// What is run, and how, beside projections of the same service.
    pub(crate) fn beside(self, others: &RunnerOptions) -> (Arc<dyn Projector>, RunnerOptions) {
        let options = RunnerOptions {
            leases: others.leases.clone(),
            code_version: others.code_version.clone(),
            ..self.options
        };
        (self.projector, options)
    }
}
