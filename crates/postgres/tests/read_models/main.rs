//! What the read side promises: the suite that every database runs, and a module for each promise
//! of this one, on one small bank.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod a_paused_owner_writes_nothing;
mod an_import_shows_in_inline_read_models;
mod an_inline_projection_runs_beside_its_runner;
mod an_inline_read_model_is_never_stale;
mod an_owner_that_stands_still_amid_a_transaction;
mod bank;
mod behind_a_pooler;
mod inline_bank;
#[path = "../place/mod.rs"]
mod place;
mod tables_by_hand_are_kept_as_well;
mod what_an_inline_projection_cannot_take_in_is_refused;
mod what_hinders_an_inline_projection_is_told;
mod what_others_wrote_is_noticed;
mod what_this_database_adds;

use std::sync::Arc;

use annals_core::ReadModels;
use annals_postgres::{Postgres, PostgresReadModels};
use async_trait::async_trait;

use place::Place;

#[async_trait]
impl annals_testing::read_models::Database for Place {
    async fn open(&self) -> Arc<dyn ReadModels> {
        let postgres = Postgres::connect(&self.url()).await.unwrap();
        Arc::new(PostgresReadModels::open(&postgres))
    }
}

annals_testing::read_models_suite!(Place::on(annals_servers::postgres_url()));
