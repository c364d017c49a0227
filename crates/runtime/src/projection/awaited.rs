//! While a read model is of another declaration: wait until an edition of this one takes its place.

use std::sync::Arc;

use annals_core::{Edition, EditionState, QueryError, ReadModels, TableFold};
use tokio::sync::watch;

use super::progress::{ProjectionStatus, Reporter};
use crate::backoff::Backoff;

/// The edition that a projection is to go on with, once it is the current one.
pub(crate) struct AwaitedEdition {
    pub(crate) read_models: Arc<dyn ReadModels>,
    pub(crate) fold: TableFold,
    /// Tells that editions were exchanged. Other processes exchange them as well, and tell nobody.
    pub(crate) exchanged: watch::Sender<()>,
    /// How long to wait for that before looking.
    pub(crate) looks: Backoff,
}

impl AwaitedEdition {
    /// Waits for it, and tells how far the one is that is read meanwhile.
    pub(super) async fn wait(&self, reporter: &Reporter, ids: &dyn annals_core::IdSource) {
        let mut exchanged = self.exchanged.subscribe();
        loop {
            exchanged.mark_unchanged();
            match self.current().await {
                Ok(Some(current)) if current.fingerprint == self.fold.fingerprint() => return,
                Ok(Some(current)) => {
                    reporter.reached(current.position, ProjectionStatus::AwaitsRebuild);
                }
                Ok(None) => {}
                Err(error) => {
                    let projection = self.fold.name();
                    tracing::warn!(projection, %error, "the current edition cannot be seen");
                }
            }
            tokio::select! {
                _ = exchanged.changed() => {}
                () = self.looks.pause(1, ids) => {}
            }
        }
    }

    async fn current(&self) -> Result<Option<EditionState>, QueryError> {
        let Some(editions) = self.read_models.editions() else {
            return Ok(None);
        };
        let states = editions.list(self.fold.name()).await?.into_iter();
        let mut current = states.filter(|state| state.edition == Edition::Current);
        Ok(current.next())
    }
}
