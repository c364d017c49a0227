//! What the read side promises: the suite that every database runs, and a module for each promise
//! of this one.

mod bank;
mod readers_see_whole_writes;
mod tables_by_hand_are_kept_as_well;
mod what_others_wrote_is_noticed;

use std::sync::Arc;

use annals_core::ReadModels;
use async_trait::async_trait;
use tempfile::TempDir;

/// A file of its own.
struct InFile(TempDir);

#[async_trait]
impl annals_testing::read_models::Database for InFile {
    async fn open(&self) -> Arc<dyn ReadModels> {
        let path = self.0.path().join("read-models.db");
        let database = annals_sqlite::Database::open(path).await;
        Arc::new(database.expect("the file can be made"))
    }
}

annals_testing::read_models_suite!(InFile(
    tempfile::tempdir().expect("directories can be made")
));
