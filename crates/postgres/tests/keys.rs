//! What the tables of keys and of values beside the log promise: the suites that every such store runs.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;

use std::sync::Arc;

use annals_core::{KeyStore, SideStore};
use annals_postgres::{Postgres, PostgresKeys, PostgresSideStore};
use annals_testing::key_stores::Keeping;
use annals_testing::side_stores;
use async_trait::async_trait;

use place::Place;

#[async_trait]
impl Keeping for Place {
    async fn open(&self) -> Arc<dyn KeyStore> {
        let postgres = Postgres::connect(&self.url()).await.unwrap();
        Arc::new(PostgresKeys::open(&postgres))
    }
}

#[async_trait]
impl side_stores::Keeping for Place {
    async fn open(&self) -> Arc<dyn SideStore> {
        let postgres = Postgres::connect(&self.url()).await.unwrap();
        Arc::new(PostgresSideStore::open(&postgres))
    }
}

annals_testing::key_stores_suite!(Place::on(annals_servers::postgres_url()));
annals_testing::side_stores_suite!(Place::on(annals_servers::postgres_url()));
