//! What the read side promises: the suite that every database runs, and a module for each promise
//! of this one, on one small bank.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_paused_owner_writes_nothing;
mod a_view_by_hand_stops_a_rebuild_at_once;
mod an_exchange_meets_readers;
mod an_import_shows_in_inline_read_models;
mod an_inline_projection_runs_beside_its_runner;
mod an_inline_read_model_is_never_stale;
mod an_owner_that_stands_still_amid_a_transaction;
mod bank;
mod behind_a_pooler;
mod inline_bank;
mod mistakes_by_hand_are_told;
#[path = "../place/mod.rs"]
mod place;
mod what_an_inline_projection_cannot_take_in_is_refused;
mod what_hinders_an_inline_projection_is_told;
mod what_this_database_adds;

use std::sync::Arc;

use annals_core::{Projector, ReadModels};
use annals_testing::read_models::ByHand;
use async_trait::async_trait;

use bank::Database;
use place::Place;

#[async_trait]
impl annals_testing::read_models::Database for Place {
    async fn open(&self) -> Arc<dyn ReadModels> {
        Database::at(self).await.read_models
    }

    async fn by_hand(&self, declared: ByHand) -> Arc<dyn Projector> {
        let database = Database::at(self).await;
        match declared {
            ByHand::First => database.deposits::<1, false>().await,
            ByHand::Revised => database.deposits::<2, false>().await,
            ByHand::Savings => database.deposits::<1, true>().await,
        }
    }

    async fn execute(&self, sql: &str) {
        let postgres = Database::at(self).await.postgres;
        let mut client = postgres.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let path = postgres.sql("set local search_path to {read}");
        tx.batch(&path).await.unwrap();
        tx.batch(sql).await.unwrap();
        tx.commit().await.unwrap();
    }
}

annals_testing::read_models_suite!(Place::on(annals_servers::postgres_url()));
