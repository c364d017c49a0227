//! What the table of keys promises: the suite that every key store runs.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;

use std::sync::Arc;

use annals_core::KeyStore;
use annals_postgres::{Postgres, PostgresKeys};
use annals_testing::key_stores::Keeping;
use async_trait::async_trait;

use place::Place;

#[async_trait]
impl Keeping for Place {
    async fn open(&self) -> Arc<dyn KeyStore> {
        let postgres = Postgres::connect(&self.url()).await.unwrap();
        Arc::new(PostgresKeys::open(&postgres))
    }
}

annals_testing::key_stores_suite!(Place::on(annals_servers::postgres_url()));
