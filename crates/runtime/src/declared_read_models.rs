//! Read models, as far as they are of the declarations of this process.

use std::sync::Arc;

use annals_core::{
    Edition, Editions, Projector, QueryError, ReadModels, Select, SnapshotStore, TableFold, Value,
};
use async_trait::async_trait;

/// Read models whose declarations are known. Whoever cannot read one because it is still of another
/// declaration is told that it is unavailable: it is made anew.
pub struct DeclaredReadModels {
    read_models: Arc<dyn ReadModels>,
    folds: Vec<TableFold>,
}

impl DeclaredReadModels {
    /// Those among which the tables of these folds are.
    pub fn new(read_models: Arc<dyn ReadModels>, folds: Vec<TableFold>) -> Self {
        Self { read_models, folds }
    }

    /// True if the tables of a fold are there and of another declaration.
    async fn is_of_another(&self, fold: &TableFold) -> bool {
        let Some(editions) = self.read_models.editions() else {
            return false;
        };
        let states = editions.list(fold.name()).await.unwrap_or_default();
        let is_other = |fingerprint| fingerprint != fold.fingerprint();
        let mut states = states.iter();
        states.any(|state| state.edition == Edition::Current && is_other(state.fingerprint))
    }
}

#[async_trait]
impl ReadModels for DeclaredReadModels {
    async fn select(&self, select: Select) -> Result<Vec<Vec<Value>>, QueryError> {
        self.read_models.select(select).await
    }

    async fn projector(&self, fold: TableFold) -> Result<Arc<dyn Projector>, QueryError> {
        self.read_models.projector(fold).await
    }

    fn editions(&self) -> Option<&dyn Editions> {
        self.read_models.editions()
    }

    async fn explain(&self, table: &'static str, error: QueryError) -> QueryError {
        let is_unreadable = matches!(
            error,
            QueryError::Refused { .. } | QueryError::Column(_) | QueryError::Damaged { .. }
        );
        let has_table = |fold: &&TableFold| fold.tables().iter().any(|it| it.name == table);
        let fold = self.folds.iter().find(has_table);
        match fold.filter(|_| is_unreadable) {
            Some(fold) if self.is_of_another(fold).await => {
                let reason = format!("table {table} is of another declaration and made anew");
                QueryError::Unavailable { reason }
            }
            _ => error,
        }
    }

    async fn scratch(&self) -> Result<Arc<dyn ReadModels>, QueryError> {
        self.read_models.scratch().await
    }

    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError> {
        self.read_models.snapshots().await
    }
}

impl std::fmt::Debug for DeclaredReadModels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DeclaredReadModels")
            .field(&self.folds)
            .finish()
    }
}
