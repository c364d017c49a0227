//! The way to a database: a pool of connections, and the few outside of it.

use std::sync::Arc;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::PostgresError;
use crate::options::PostgresOptions;
use crate::patience::{Patience, RowsInTime};
use crate::pool::{Lent, Pool, pool};
use crate::{durability, migrate, tls};

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
        Ok(Client { object, options })
    }

    /// A statement with the names of the schemas filled in: `{schema}` and `{read}`.
    pub fn sql(&self, text: &str) -> String {
        let schema = &self.options.schema;
        let read = format!("{schema}_read");
        text.replace("{schema}", schema).replace("{read}", &read)
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

/// A connection of the pool, given back when dropped. A call that is dropped before its answer
/// came is cancelled, and the connection ended.
pub struct Client {
    object: Lent,
    options: Arc<PostgresOptions>,
}

impl Client {
    /// The rows that a statement answers with.
    ///
    /// # Errors
    /// [`PostgresError`]: what the database said.
    pub async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        if self.options.pooler {
            return self
                .object
                .patience
                .answer(self.object.query_typed(sql, parameters))
                .await;
        }
        let statement = self.prepared(sql, parameters).await?;
        self.object
            .patience
            .answer(self.object.query(&statement, &values(parameters)))
            .await
    }

    /// The rows that a statement answers with, planned for these very values: which index is best,
    /// or whether a partial one will do, depends on them.
    pub(crate) async fn rows_planned(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        self.object
            .patience
            .answer(self.object.query_typed(sql, parameters))
            .await
    }

    /// The rows that a statement answers with, as they arrive.
    pub(crate) async fn stream(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<RowsInTime, PostgresError> {
        let patience = &self.object.patience;
        if self.options.pooler {
            let parameters = parameters
                .iter()
                .map(|(value, kind)| (*value, kind.clone()));
            let asked = self.object.query_typed_raw(sql, parameters);
            return Ok(patience.rows(patience.answer(asked).await?));
        }
        let statement = self.prepared(sql, parameters).await?;
        let asked = self.object.query_raw(&statement, values(parameters));
        Ok(patience.rows(patience.answer(asked).await?))
    }

    /// Runs a statement and tells how many rows it changed.
    ///
    /// # Errors
    /// [`PostgresError`]: what the database said.
    pub async fn execute(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<u64, PostgresError> {
        if self.options.pooler {
            return self
                .object
                .patience
                .answer(self.object.execute_typed(sql, parameters))
                .await;
        }
        let statement = self.prepared(sql, parameters).await?;
        self.object
            .patience
            .answer(self.object.execute(&statement, &values(parameters)))
            .await
    }

    /// Begins a transaction; dropped, it is rolled back.
    ///
    /// # Errors
    /// [`PostgresError::Unavailable`] when the connection is gone.
    pub async fn transaction(&mut self) -> Result<Transaction<'_>, PostgresError> {
        let patience = self.object.patience.clone();
        Transaction::begin(&mut self.object, patience, &self.options).await
    }

    async fn prepared(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Statement, PostgresError> {
        let types = types(parameters);
        let asked = self.object.prepare_typed_cached(sql, &types);
        self.object.patience.answer(asked).await
    }
}

/// Statements that take effect together or not at all.
pub struct Transaction<'a> {
    inner: deadpool_postgres::Transaction<'a>,
    patience: Patience,
    pooler: bool,
}

impl<'a> Transaction<'a> {
    /// Begins one. Its limits are those of its session, which behind a pooler has none.
    async fn begin(
        client: &'a mut ClientWrapper,
        patience: Patience,
        options: &PostgresOptions,
    ) -> Result<Self, PostgresError> {
        let tx = Self {
            inner: patience.answer(client.transaction()).await?,
            patience,
            pooler: options.pooler,
        };
        if tx.pooler {
            tx.batch(&options.transaction_limits()).await?;
        }
        Ok(tx)
    }

    /// The rows that a statement answers with.
    ///
    /// # Errors
    /// [`PostgresError`]: what the database said.
    pub async fn rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        if self.pooler {
            return self
                .patience
                .answer(self.inner.query_typed(sql, parameters))
                .await;
        }
        let statement = self.prepared(sql, parameters).await?;
        self.patience
            .answer(self.inner.query(&statement, &values(parameters)))
            .await
    }

    /// The same, with what the driver says when it fails, for a caller with a limit of its own.
    pub(crate) async fn try_rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        if self.pooler {
            return self.inner.query_typed(sql, parameters).await;
        }
        let types = types(parameters);
        let statement = self.inner.prepare_typed_cached(sql, &types).await?;
        self.inner.query(&statement, &values(parameters)).await
    }

    /// The rows that a statement answers with, as they arrive.
    pub(crate) async fn stream(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<RowsInTime, PostgresError> {
        let patience = &self.patience;
        if self.pooler {
            let parameters = parameters
                .iter()
                .map(|(value, kind)| (*value, kind.clone()));
            let asked = self.inner.query_typed_raw(sql, parameters);
            return Ok(patience.rows(patience.answer(asked).await?));
        }
        let statement = self.prepared(sql, parameters).await?;
        let asked = self.inner.query_raw(&statement, values(parameters));
        Ok(patience.rows(patience.answer(asked).await?))
    }

    /// Runs a statement and tells how many rows it changed.
    ///
    /// # Errors
    /// [`PostgresError`]: what the database said.
    pub async fn execute(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<u64, PostgresError> {
        if self.pooler {
            return self
                .patience
                .answer(self.inner.execute_typed(sql, parameters))
                .await;
        }
        let statement = self.prepared(sql, parameters).await?;
        self.patience
            .answer(self.inner.execute(&statement, &values(parameters)))
            .await
    }

    /// Copies rows into a table, in binary form, and so in exactly these types.
    ///
    /// The statement that the driver prepares for it ends with it, and so within the transaction:
    /// a pooler may be in between.
    #[expect(
        single_use_lifetimes,
        reason = "without its name it is not stable Rust"
    )]
    pub(crate) async fn copy<'r, const N: usize>(
        &self,
        sql: &str,
        types: &[Type; N],
        rows: impl Iterator<Item = [&'r (dyn ToSql + Sync); N]>,
    ) -> Result<(), PostgresError> {
        let copying = async {
            let sink = self.inner.copy_in(sql).await?;
            let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, types));
            for row in rows {
                writer.as_mut().write(&row).await?;
            }
            writer.finish().await
        };
        self.patience.answer(copying).await?;
        Ok(())
    }

    /// Runs statements without parameters, one after the other.
    ///
    /// # Errors
    /// [`PostgresError`]: what the database said.
    pub async fn batch(&self, sql: &str) -> Result<(), PostgresError> {
        self.patience.answer(self.inner.batch_execute(sql)).await
    }

    /// Makes everything take effect.
    ///
    /// # Errors
    /// [`PostgresError`]: when the connection was lost meanwhile, nobody knows whether it did.
    pub async fn commit(self) -> Result<(), PostgresError> {
        self.patience.answer(self.inner.commit()).await
    }

    async fn prepared(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Statement, PostgresError> {
        let types = types(parameters);
        let asked = self.inner.prepare_typed_cached(sql, &types);
        self.patience.answer(asked).await
    }
}

fn types(parameters: &[Parameter<'_>]) -> Vec<Type> {
    parameters.iter().map(|(_, kind)| kind.clone()).collect()
}

fn values<'a>(parameters: &[Parameter<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    parameters.iter().map(|(value, _)| *value).collect()
}
