//! A read model whose declaration changed: the projection waits until it is rebuilt, which begins by
//! itself.

use std::sync::Arc;

use annals_core::{Edition, EditionState, Projector, QueryError};

use super::Rebuilds;
use crate::backoff::Backoff;
use crate::projection::{AwaitedEdition, ProjectionHandle, run};
use crate::rebuild::{CutOver, RebuildError, RebuildHandle, RebuildOptions};

impl Rebuilds {
    /// What keeps the current edition up to date. Its tables are made if there are none; those of
    /// another declaration stay as they are, and [a rebuild is due](Self::is_due).
    ///
    /// # Errors
    /// [`QueryError`] when the tables could not be made.
    pub async fn projector(&self) -> Result<Arc<dyn Projector>, QueryError> {
        let (read_models, fold) = (&self.shared.read_models, self.shared.fold.clone());
        match read_models.editions() {
            Some(editions) => editions.projector(fold, Edition::Current).await,
            None => read_models.projector(fold).await,
        }
    }

    /// Keeps the current edition up to date, as [`run_projection`](crate::run_projection) does. While
    /// a rebuild is due it [waits](crate::ProjectionStatus::AwaitsRebuild) for that.
    ///
    /// # Errors
    /// [`RebuildError`] when the editions cannot be told.
    pub async fn run(
        &self,
        projector: Arc<dyn Projector>,
    ) -> Result<ProjectionHandle, RebuildError> {
        let awaited = self.is_due().await?.then(|| self.awaited());
        let (store, options) = (Arc::clone(&self.shared.store), self.runner_options());
        Ok(run(store, projector, options, awaited))
    }

    /// True if the current edition is of another declaration.
    ///
    /// # Errors
    /// [`RebuildError`] when the editions cannot be told.
    pub async fn is_due(&self) -> Result<bool, RebuildError> {
        Ok(self.find_due().await?.is_some())
    }

    /// Begins a rebuild if one is due. What is made takes the place as soon as it is complete, since
    /// it is meant to differ; until then it is tried for as long as it takes.
    ///
    /// # Errors
    /// As [`is_due`](Self::is_due).
    pub async fn begin_if_due(&self) -> Result<Option<Arc<RebuildHandle>>, RebuildError> {
        let due = self.find_due().await?.map(|current| RebuildOptions {
            cut_over: CutOver::WhenComplete,
            replaces: Some(current.id),
            attempts: u32::MAX,
            ..RebuildOptions::default()
        });
        Ok(due.map(|options| self.begin(options)))
    }

    /// The edition that is to be replaced.
    async fn find_due(&self) -> Result<Option<EditionState>, RebuildError> {
        if self.shared.read_models.editions().is_none() {
            return Ok(None);
        }
        let current = self.find(Edition::Current).await?;
        let fingerprint = self.shared.fold.fingerprint();
        Ok(current.filter(|current| current.fingerprint != fingerprint))
    }

    fn awaited(&self) -> AwaitedEdition {
        let pause = self.shared.options.runner.lease_retry;
        AwaitedEdition {
            read_models: Arc::clone(&self.shared.read_models),
            fold: self.shared.fold.clone(),
            exchanged: self.shared.exchanged.clone(),
            looks: Backoff {
                first: pause,
                most: pause,
            },
        }
    }
}
