//! Projections of typed tables, whose read models can be made anew beside the one that is read.

use std::sync::Arc;

use annals_core::{EventStore, Projector, QueryError, ReadModels, TableFold};
use annals_runtime::{EditionOptions, ProjectionHandle, RebuildError, Rebuilds};

/// A projection of typed tables.
pub(crate) struct TypedTables {
    pub(crate) name: &'static str,
    pub(crate) projector: Arc<dyn Projector>,
    pub(crate) rebuilds: Rebuilds,
}

/// Whether a rebuild begins by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DueRebuilds {
    /// As soon as it is due.
    Begin,
    /// When somebody begins it.
    Wait,
}

impl TypedTables {
    /// Those of each fold.
    pub(crate) async fn open_all(
        store: &Arc<dyn EventStore>,
        read_models: &Arc<dyn ReadModels>,
        folds: Vec<TableFold>,
        options: &EditionOptions,
    ) -> Result<Vec<Self>, QueryError> {
        let mut all = Vec::with_capacity(folds.len());
        for fold in folds {
            all.push(Self::open(store, read_models, fold, options).await?);
        }
        Ok(all)
    }

    /// Those of a fold. They are made if they are not there.
    async fn open(
        store: &Arc<dyn EventStore>,
        read_models: &Arc<dyn ReadModels>,
        fold: TableFold,
        options: &EditionOptions,
    ) -> Result<Self, QueryError> {
        let name = fold.name();
        let rebuilds = Rebuilds::new(store, read_models, fold, options.clone());
        let projector = rebuilds.projector().await?;
        Ok(Self {
            name,
            projector,
            rebuilds,
        })
    }

    /// Starts what keeps the editions of the read model.
    pub(crate) async fn run(&self, due: DueRebuilds) -> Result<ProjectionHandle, RebuildError> {
        let handle = self.rebuilds.run(Arc::clone(&self.projector)).await?;
        self.rebuilds.keep_previous().await?;
        if due == DueRebuilds::Begin {
            self.rebuilds.begin_if_due().await?;
        }
        Ok(handle)
    }
}
