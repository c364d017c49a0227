//! Connections that are kept: each is checked when it is made, and what is wrong with it stays a
//! typed error.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, RecycleError, RecycleResult};
use deadpool_postgres::{ClientWrapper, Timeouts};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::durability;
use crate::error::PostgresError;
use crate::options::PostgresOptions;
use crate::patience::{Patience, is_alive};

#[cfg(test)]
mod tests;

/// How long a server is asked to stop what it is at.
const CANCEL_LIMIT: Duration = Duration::from_secs(5);

/// So many prepared statements are kept on a connection, then all are prepared anew: a selection
/// of rows has a statement for each set of conditions, and the server keeps the plans of all.
const STATEMENTS: usize = 256;

/// The connections that are kept.
pub(crate) type Pool = deadpool::managed::Pool<Checked>;

/// Makes connections, and refuses those to a server that could lose what it acknowledged.
pub(crate) struct Checked {
    driver: deadpool_postgres::Manager,
    canceller: Option<MakeRustlsConnect>,
    statement_timeout: Duration,
}

/// A connection that is kept, for as long as it owes no answer.
pub(crate) struct Connection {
    client: ClientWrapper,
    /// How the server is asked to stop what it is at. None behind a pooler: before 1.21, PgBouncer
    /// may go down when a request to cancel is not waited for, and the driver does not.
    canceller: Option<MakeRustlsConnect>,
    pub(crate) patience: Patience,
    /// When it was last known to be alive.
    heard: Instant,
}

/// A connection of the pool, given back when dropped, unless it owes an answer: whoever had it
/// next would wait behind a statement that nobody waits for.
pub(crate) struct Lent(Option<Object<Checked>>);

/// A pool without a connection yet.
pub(crate) fn pool(
    options: &PostgresOptions,
    tls: &MakeRustlsConnect,
) -> Result<Pool, PostgresError> {
    let driver = deadpool_postgres::Manager::new(options.connection(), tls.clone());
    let timeouts = Timeouts {
        wait: Some(options.turn_timeout),
        create: Some(options.connect_timeout),
        recycle: Some(options.connect_timeout),
    };
    let checked = Checked {
        driver,
        canceller: (!options.pooler).then(|| tls.clone()),
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
        Ok(Connection {
            client,
            canceller: self.canceller.clone(),
            patience,
            heard: Instant::now(),
        })
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> RecycleResult<PostgresError> {
        if connection.patience.is_lost() {
            return Err(RecycleError::message("it owes an answer"));
        }
        if !is_alive(&connection.client, connection.heard).await {
            return Err(RecycleError::message("it no longer answers"));
        }
        connection.heard = Instant::now();
        let prepared = &connection.client.statement_cache;
        if prepared.size() > STATEMENTS {
            prepared.clear();
        }
        let recycled = self.driver.recycle(&mut connection.client, metrics).await;
        recycled.map_err(|error| RecycleError::message(error.to_string()))
    }

    fn detach(&self, connection: &mut Connection) {
        self.driver.detach(&mut connection.client);
    }
}

impl Connection {
    /// Ends the connection, and what the server is at for it, which holds locks.
    fn end(self) {
        let (Some(tls), Ok(runtime)) = (self.canceller, Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            let token = self.client.cancel_token();
            let cancelled = timeout(CANCEL_LIMIT, token.cancel_query(tls)).await;
            if !matches!(cancelled, Ok(Ok(()))) {
                tracing::debug!("a statement that was given up could not be stopped");
            }
        });
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(object) = self.0.take()
            && object.patience.is_lost()
        {
            Object::take(object).end();
        }
    }
}

impl From<Object<Checked>> for Lent {
    fn from(object: Object<Checked>) -> Self {
        Self(Some(object))
    }
}

impl Deref for Lent {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Connection {
        self.0.as_mut().expect("it is there until it is dropped")
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
