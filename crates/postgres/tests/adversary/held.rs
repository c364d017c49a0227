//! Transactions of an application in the same database, held open.

use std::sync::Arc;

use annals_core::{Append, AppendError, Appended, EventStore};
use annals_postgres::PostgresStore;
use annals_testing::ordering::Held;
use async_trait::async_trait;
use tokio_postgres::{Client, NoTls};

/// One that sees what is committed, one that sees the past, and one that guards against whoever
/// changes what it has seen.
const ISOLATIONS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

/// A transaction of each isolation, which has read all events and written rows of its own, and so
/// holds back the oldest transaction of the server. The append is the last that is done.
pub(crate) struct HeldTransactions {
    connections: Vec<Client>,
    store: Arc<PostgresStore>,
    append: Append,
}

impl HeldTransactions {
    pub(crate) async fn begin(schema: &str, store: Arc<PostgresStore>, append: Append) -> Self {
        let mut connections = Vec::new();
        for isolation in ISOLATIONS {
            let connection = connect().await;
            let table = format!("create table if not exists {schema}.notes (note text)");
            connection.batch_execute(&table).await.unwrap();
            let begin = format!(
                "begin isolation level {isolation};
                 select count(*) from {schema}.events;
                 insert into {schema}.notes values ('held')"
            );
            connection.batch_execute(&begin).await.unwrap();
            connections.push(connection);
        }
        Self {
            connections,
            store,
            append,
        }
    }

    async fn end(connections: &[Client], how: &str) {
        for connection in connections {
            connection.batch_execute(how).await.unwrap();
        }
    }
}

#[async_trait]
impl Held for HeldTransactions {
    async fn commit(self: Box<Self>) -> Result<Appended, AppendError> {
        let appended = self.store.append(self.append).await?;
        Self::end(&self.connections, "commit").await;
        Ok(appended)
    }

    async fn roll_back(self: Box<Self>) {
        Self::end(&self.connections, "rollback").await;
    }
}

async fn connect() -> Client {
    let url = annals_servers::postgres_url();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
