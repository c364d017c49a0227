//! How statements are sent, within a transaction and without one.

use deadpool_postgres::StatementCache;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row, Statement};

use super::Parameter;
use crate::error::PostgresError;
use crate::patience::{Patience, RowsInTime};

/// The statements of one connection. Each is prepared once, but behind a pooler: the next one may
/// run on another connection there, which knows nothing of it.
#[derive(Clone, Copy)]
pub(super) struct Statements<'a> {
    pub(super) client: &'a Client,
    pub(super) prepared: &'a StatementCache,
    pub(super) patience: &'a Patience,
    pub(super) pooler: bool,
}

impl Statements<'_> {
    pub(super) async fn rows(
        self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        self.patience.answer(self.try_rows(sql, parameters)).await
    }

    pub(super) async fn try_rows(
        self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        if self.pooler {
            return self.client.query_typed(sql, parameters).await;
        }
        let statement = self.prepared(sql, parameters).await?;
        self.client.query(&statement, &values(parameters)).await
    }

    pub(super) async fn rows_planned(
        self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let asked = self.client.query_typed(sql, parameters);
        self.patience.answer(asked).await
    }

    pub(super) async fn stream(
        self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<RowsInTime, PostgresError> {
        let asked = async {
            if self.pooler {
                let parameters = parameters.iter().cloned();
                return self.client.query_typed_raw(sql, parameters).await;
            }
            let statement = self.prepared(sql, parameters).await?;
            self.client.query_raw(&statement, values(parameters)).await
        };
        Ok(self.patience.rows(self.patience.answer(asked).await?))
    }

    pub(super) async fn execute(
        self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<u64, PostgresError> {
        let asked = async {
            if self.pooler {
                return self.client.execute_typed(sql, parameters).await;
            }
            let statement = self.prepared(sql, parameters).await?;
            self.client.execute(&statement, &values(parameters)).await
        };
        self.patience.answer(asked).await
    }

    async fn prepared(self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Statement, Error> {
        let types: Vec<Type> = parameters.iter().map(|(_, kind)| kind.clone()).collect();
        self.prepared.prepare_typed(self.client, sql, &types).await
    }
}

fn values<'a>(parameters: &[Parameter<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    parameters.iter().map(|(value, _)| *value).collect()
}
