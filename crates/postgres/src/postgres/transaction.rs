//! Statements that take effect together.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Row;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::Parameter;
use super::statements::Statements;
use crate::error::PostgresError;
use crate::options::PostgresOptions;
use crate::patience::{Patience, RowsInTime};

/// Statements that take effect together or not at all.
pub struct Transaction<'a> {
    inner: deadpool_postgres::Transaction<'a>,
    patience: Patience,
    pooler: bool,
}

impl<'a> Transaction<'a> {
    /// Begins one. Its limits are those of its session, which behind a pooler has none.
    pub(super) async fn begin(
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
        self.statements().rows(sql, parameters).await
    }

    /// The rows that a statement answers with, planned for these very values and for what the
    /// tables hold by now.
    pub(crate) async fn rows_planned(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        self.statements().rows_planned(sql, parameters).await
    }

    /// As [`rows`](Self::rows), with what the driver says when it fails, for a caller with a limit
    /// of its own.
    pub(crate) async fn try_rows(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        self.statements().try_rows(sql, parameters).await
    }

    /// The rows that a statement answers with, as they arrive.
    pub(crate) async fn stream(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<RowsInTime, PostgresError> {
        self.statements().stream(sql, parameters).await
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
        self.statements().execute(sql, parameters).await
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

    fn statements(&self) -> Statements<'_> {
        Statements {
            client: self.inner.client(),
            prepared: &self.inner.statement_cache,
            patience: &self.patience,
            pooler: self.pooler,
        }
    }
}
