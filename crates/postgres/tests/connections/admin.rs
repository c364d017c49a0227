//! A person with a session of their own, who does what no service does.

use std::time::Duration;

use annals_postgres::tokio_postgres::error::SqlState;
use annals_postgres::tokio_postgres::types::FromSqlOwned;
use annals_postgres::tokio_postgres::{Client, NoTls, connect};
use annals_servers::PostgresCluster;

/// Far longer than anything takes here, unless it is broken.
const LONG: Duration = Duration::from_secs(20);

/// A session.
pub(crate) struct Admin {
    session: Client,
}

impl Admin {
    /// The superuser's.
    pub(crate) async fn of(cluster: &PostgresCluster) -> Self {
        Self::at(&cluster.url()).await
    }

    pub(crate) async fn at(url: &str) -> Self {
        let (session, connection) = connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        Self { session }
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.session.batch_execute(sql).await.unwrap();
    }

    /// Why a statement is refused.
    pub(crate) async fn refusal(&self, sql: &str) -> SqlState {
        let error = self.session.batch_execute(sql).await.unwrap_err();
        error.code().unwrap().clone()
    }

    /// The one value that a statement answers with.
    pub(crate) async fn value<T: FromSqlOwned>(&self, sql: &str) -> T {
        self.session.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Waits until a condition in SQL holds.
    pub(crate) async fn wait_until(&self, condition: &str) {
        let sql = format!("select {condition}");
        let wait = async { while !self.value::<bool>(&sql).await {} };
        let waited = tokio::time::timeout(LONG, wait).await;
        waited.unwrap_or_else(|_| panic!("{condition} never came to be"));
    }
}
