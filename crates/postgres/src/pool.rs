//! Connections that are kept: each is checked when it is made, and what is wrong with it stays a
//! typed error.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use deadpool_postgres::{ClientWrapper, Timeouts};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::durability;
use crate::error::PostgresError;
use crate::options::PostgresOptions;
use crate::patience::Patience;

/// The connections that are kept.
pub(crate) type Pool = deadpool::managed::Pool<Checked>;

/// Makes connections, and refuses those to a server that could lose what it acknowledged.
pub(crate) struct Checked {
    driver: deadpool_postgres::Manager,
    statement_timeout: Duration,
}

/// A connection that is kept, for as long as it owes no answer.
pub(crate) struct Connection {
    client: ClientWrapper,
    pub(crate) patience: Patience,
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
    let checked = Checked {
        driver,
        statement_timeout: options.statement_timeout,
    };
    Pool::builder(checked)
        .max_size(options.pool_size)
        .timeouts(timeouts)
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .build()
        .map_err(|error| PostgresError::Options(error.to_string()))
}

impl Manager for Checked {
    type Type = Connection;
    type Error = PostgresError;

    async fn create(&self) -> Result<Connection, PostgresError> {
        let client = self.driver.create().await?;
        durability::check(&client).await?;
        let patience = Patience::beyond(self.statement_timeout);
        Ok(Connection { client, patience })
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> RecycleResult<PostgresError> {
        if connection.patience.is_lost() {
            return Err(RecycleError::message("it owes an answer"));
        }
        let recycled = self.driver.recycle(&mut connection.client, metrics).await;
        recycled.map_err(|error| RecycleError::message(error.to_string()))
    }

    fn detach(&self, connection: &mut Connection) {
        self.driver.detach(&mut connection.client);
    }
}

impl Deref for Connection {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.client
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut ClientWrapper {
        &mut self.client
    }
}
