//! The way to a database: a pool of connections, and the few outside of it.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::AsyncMessage;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::PostgresError;
use crate::options::PostgresOptions;
use crate::patience::Patience;
use crate::pool::{Lent, Pool, pool};
use crate::{durability, migrate, tls};

mod client;
mod statements;
mod transaction;

pub use client::Client;
pub use transaction::Transaction;

/// A parameter of a statement, and its type.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A database. Clones share their connections.
///
/// Every connection is checked when it is made: a server that could lose what it acknowledged is
/// refused. A call that finds no connection free waits, up to the connect timeout; one that gets no
/// answer, little longer than the statement timeout.
#[derive(Clone)]
pub struct Postgres {
    pool: Pool,
    tls: MakeRustlsConnect,
    options: Arc<PostgresOptions>,
}

impl Postgres {
    /// Connects to the database of a URL, and makes the tables that are missing.
    ///
    /// # Errors
    /// [`PostgresError`]: each says what to do.
    pub async fn connect(url: &str) -> Result<Self, PostgresError> {
        Self::connect_with(PostgresOptions::new(url)?).await
    }

    /// Connects with options, and makes the tables that are missing.
    ///
    /// # Errors
    /// [`PostgresError`]: each says what to do.
    pub async fn connect_with(options: PostgresOptions) -> Result<Self, PostgresError> {
        let tls = tls::connector(&options.tls)?;
        let pool = pool(&options, &tls)?;
        let options = Arc::new(options);
        let postgres = Self { pool, tls, options };
        let first = postgres.dedicated().await?;
        migrate::migrate(&postgres, first).await?;
        Ok(postgres)
    }

    /// A connection of the pool.
    ///
    /// # Errors
    /// [`PostgresError::Unavailable`] when none became free or could be made in time,
    /// [`PostgresError::NotDurable`] when the server was made weaker since.
    pub async fn client(&self) -> Result<Client, PostgresError> {
        let object = Lent::from(self.pool.get().await?);
        let options = Arc::clone(&self.options);
        Ok(Client::new(object, options))
    }

    /// A statement with the names of the schemas filled in: `{schema}` and `{read}`.
    pub fn sql(&self, text: &str) -> String {
        let schema = &self.options.schema;
        let read = format!("{schema}_read");
        text.replace("{schema}", schema).replace("{read}", &read)
    }

    /// The same database, by the same connections, with another schema in its statements.
    pub(crate) fn in_schema(&self, schema: String) -> Self {
        let options = PostgresOptions {
            schema,
            ..PostgresOptions::clone(&self.options)
        };
        Self {
            options: Arc::new(options),
            ..self.clone()
        }
    }

    /// How it is used.
    pub fn options(&self) -> &PostgresOptions {
        &self.options
    }

    /// A connection outside of the pool, for work that must never wait for a free one.
    pub(crate) async fn dedicated(&self) -> Result<Dedicated, PostgresError> {
        self.dedicated_with(|_| {}).await
    }

    /// A connection outside of the pool, with what the server says unasked.
    pub(crate) async fn dedicated_with(
        &self,
        heard: impl Fn(AsyncMessage) + Send + 'static,
    ) -> Result<Dedicated, PostgresError> {
        let config = self.options.connection();
        let connecting = async {
            let (client, mut connection) = config.connect(self.tls.clone()).await?;
            let messages = futures_util::stream::poll_fn(move |cx| connection.poll_message(cx));
            let driver = tokio::spawn(async move {
                let mut messages = std::pin::pin!(messages);
                while let Some(Ok(message)) = futures_util::StreamExt::next(&mut messages).await {
                    heard(message);
                }
            });
            let dedicated = Dedicated {
                client: ClientWrapper::new(client, driver),
                patience: Patience::beyond(self.options.statement_timeout),
                options: Arc::clone(&self.options),
            };
            durability::check(&dedicated.client).await?;
            Ok(dedicated)
        };
        let connected = tokio::time::timeout(self.options.connect_timeout, connecting).await;
        let late = |_| {
            Err(PostgresError::unavailable(
                "no connection could be made in time",
            ))
        };
        connected.unwrap_or_else(late)
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.options.fmt(f)
    }
}

/// A connection of its own. Dropping it ends it, and takes back what was not committed.
#[derive(Debug)]
pub(crate) struct Dedicated {
    pub(crate) client: ClientWrapper,
    pub(crate) patience: Patience,
    options: Arc<PostgresOptions>,
}

impl Dedicated {
    /// Begins a transaction; dropped, it is rolled back.
    pub(crate) async fn transaction(&mut self) -> Result<Transaction<'_>, PostgresError> {
        Transaction::begin(&mut self.client, self.patience.clone(), &self.options).await
    }
}
