//! A connection of the pool.

use std::sync::Arc;

use tokio_postgres::Row;

use super::statements::Statements;
use super::{Parameter, Transaction};
use crate::error::PostgresError;
use crate::options::PostgresOptions;
use crate::patience::RowsInTime;
use crate::pool::Lent;

/// A connection of the pool, given back when dropped. A call that is dropped before its answer
/// came is cancelled, and the connection ended.
pub struct Client {
    object: Lent,
    options: Arc<PostgresOptions>,
}

impl Client {
    pub(super) fn new(object: Lent, options: Arc<PostgresOptions>) -> Self {
        Self { object, options }
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

    /// The rows that a statement answers with, planned for these very values: which index is best,
    /// or whether a partial one will do, depends on them.
    pub(crate) async fn rows_planned(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        self.statements().rows_planned(sql, parameters).await
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

    /// Begins a transaction; dropped, it is rolled back.
    ///
    /// # Errors
    /// [`PostgresError::Unavailable`] when the connection is gone.
    pub async fn transaction(&mut self) -> Result<Transaction<'_>, PostgresError> {
        let patience = self.object.patience.clone();
        Transaction::begin(&mut self.object, patience, &self.options).await
    }

    fn statements(&self) -> Statements<'_> {
        Statements {
            client: &self.object,
            prepared: &self.object.statement_cache,
            patience: &self.object.patience,
            pooler: self.options.pooler,
        }
    }
}
