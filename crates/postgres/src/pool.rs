//! Connections that are kept: each is checked when it is made, and what is wrong with it stays a
//! typed error.

use deadpool::managed::{Manager, Metrics, RecycleResult};
use deadpool_postgres::{ClientWrapper, Timeouts};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::durability;
use crate::error::PostgresError;
use crate::options::PostgresOptions;

/// The connections that are kept.
pub(crate) type Pool = deadpool::managed::Pool<Checked>;

/// Makes connections, and refuses those to a server that could lose what it acknowledged.
pub(crate) struct Checked {
    driver: deadpool_postgres::Manager,
}

/// A pool without a connection yet.
pub(crate) fn pool(
    options: &PostgresOptions,
    tls: &MakeRustlsConnect,
) -> Result<Pool, PostgresError> {
    let driver = deadpool_postgres::Manager::new(options.connection(), tls.clone());
    let timeouts = Timeouts {
        wait: Some(options.connect_timeout),
        create: Some(options.connect_timeout),
        recycle: Some(options.connect_timeout),
    };
    Pool::builder(Checked { driver })
        .max_size(options.pool_size)
        .timeouts(timeouts)
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .build()
        .map_err(|error| PostgresError::Options(error.to_string()))
}

impl Manager for Checked {
    type Type = ClientWrapper;
    type Error = PostgresError;

    async fn create(&self) -> Result<ClientWrapper, PostgresError> {
        let client = self.driver.create().await?;
        durability::check(&client).await?;
        Ok(client)
    }

    async fn recycle(
        &self,
        client: &mut ClientWrapper,
        metrics: &Metrics,
    ) -> RecycleResult<PostgresError> {
        let recycled = self.driver.recycle(client, metrics).await;
        recycled.map_err(|error| PostgresError::unavailable(error.to_string()).into())
    }

    fn detach(&self, client: &mut ClientWrapper) {
        self.driver.detach(client);
    }
}
