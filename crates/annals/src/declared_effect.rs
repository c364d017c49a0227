//! Effects as they are declared, before there is a store to bind them to.

use std::sync::Arc;

use annals_core::{Effect, EventStore, Projector, ReadModels, TableFold};
use annals_runtime::{EffectProjector, RunError};
use futures_util::future::BoxFuture;

use crate::error::Error;

/// An effect of any type.
pub(crate) struct DeclaredEffect {
    pub(crate) name: &'static str,
    begin: Begin,
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
        let begin: Begin = Box::new(|store, checkpoint| {
            Box::pin(async move {
                let begun = EffectProjector::begin(effect, &*store, checkpoint).await?;
                Ok(Arc::new(begun) as _)
            })
        });
        let name = E::NAME;
        Self { name, begin }
    }

    /// Binds it to its checkpoint, which is kept beside the read models.
    pub(crate) async fn begin(
        self,
        store: &Arc<dyn EventStore>,
        read_models: &dyn ReadModels,
    ) -> Result<Arc<dyn Projector>, Error> {
        let checkpoint = TableFold::without_tables(self.name);
        let checkpoint = read_models.projector(checkpoint).await?;
        let begun = (self.begin)(Arc::clone(store), checkpoint).await;
        begun.map_err(|source| Error::Effect {
            effect: self.name,
            source,
        })
    }
}
