//! What the read side promises: the suite that every database runs, and a module for each promise
//! of this one.

mod bank;
mod editions_change_places;
mod readers_see_whole_writes;

use std::sync::Arc;

use annals_core::{Projector, ReadModels};
use annals_sqlite::Database;
use annals_testing::read_models::ByHand;
use async_trait::async_trait;
use tempfile::TempDir;

use bank::Deposits;

/// A file of its own.
struct InFile(TempDir);

impl InFile {
    async fn database(&self) -> Database {
        let path = self.0.path().join("read-models.db");
        let database = Database::open(path).await;
        database.expect("the file can be made")
    }

    async fn deposits<const REVISION: u32, const SAVINGS: bool>(&self) -> Arc<dyn Projector> {
        let deposits = Deposits::<REVISION, SAVINGS>;
        let projector = self.database().await.sql_projector(deposits).await;
        projector.expect("the tables can be made")
    }
}

#[async_trait]
impl annals_testing::read_models::Database for InFile {
    async fn open(&self) -> Arc<dyn ReadModels> {
        Arc::new(self.database().await)
    }

    async fn by_hand(&self, declared: ByHand) -> Arc<dyn Projector> {
        match declared {
            ByHand::First => self.deposits::<1, false>().await,
            ByHand::Revised => self.deposits::<2, false>().await,
            ByHand::Savings => self.deposits::<1, true>().await,
        }
    }

    async fn execute(&self, sql: &str) {
        let (database, sql) = (self.database().await, sql.to_owned());
        let done = database.write(move |tx| tx.execute_batch(&sql)).await;
        done.expect("it is allowed");
    }
}

annals_testing::read_models_suite!(InFile(
    tempfile::tempdir().expect("directories can be made")
));
