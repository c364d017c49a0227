//! A connection of the pool.

use std::sync::Arc;

use tokio_postgres::{Row, Statement};

use super::{Parameter, Transaction, types, values};
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
