//! Transactions of an application in the same database, held open.

use std::sync::Arc;

use annals_core::{Append, AppendError, Appended};
use annals_postgres::{Postgres, PostgresStore};
use annals_testing::ordering::Held;
use async_trait::async_trait;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

/// One that sees the past, and one that guards against whoever changes what it has seen.
const ISOLATIONS: [&str; 2] = ["repeatable read", "serializable"];

/// What each has done before it is held: read all events and written a row of its own.
const BEGUN: &str = "select count(*) from {schema}.events;
                     insert into {schema}.notes values ('held')";

/// The transaction of an append, which is the last that it does, and one of each other isolation.
/// All of them hold back the oldest transaction of the server.
pub(crate) struct HeldTransactions {
    others: Vec<Client>,
    commit: oneshot::Sender<()>,
    appending: JoinHandle<Option<Result<Appended, AppendError>>>,
}

impl HeldTransactions {
    pub(crate) async fn begin(url: &str, store: Arc<PostgresStore>, append: Append) -> Self {
        let postgres = Postgres::connect(url).await.unwrap();
        let others = begin_others(&postgres).await;
        let (commit, told) = oneshot::channel();
        let (begun, has_begun) = oneshot::channel();
        let appending = tokio::spawn(async move {
            let mut client = postgres.client().await.unwrap();
            let tx = client.transaction().await.unwrap();
            // The server would take back what it holds if this went on for long.
            let hold = "set local idle_in_transaction_session_timeout = 0";
            tx.batch(hold).await.unwrap();
            tx.batch(&postgres.sql(BEGUN)).await.unwrap();
            begun.send(()).unwrap();
            told.await.ok()?;
            let appended = store.append_in(&tx, append).await;
            tx.commit().await.unwrap();
            Some(appended)
        });
        has_begun.await.unwrap();
        Self {
            others,
            commit,
            appending,
        }
    }
}

async fn begin_others(postgres: &Postgres) -> Vec<Client> {
    let mut others = Vec::new();
    for isolation in ISOLATIONS {
        let connection = connect().await;
        let table = "create table if not exists {schema}.notes (note text)";
        connection
            .batch_execute(&postgres.sql(table))
            .await
            .unwrap();
        let begin = format!("begin isolation level {isolation}; {BEGUN}");
        connection
            .batch_execute(&postgres.sql(&begin))
            .await
            .unwrap();
        others.push(connection);
    }
    others
}

async fn end(transactions: &[Client], how: &str) {
    for transaction in transactions {
        transaction.batch_execute(how).await.unwrap();
    }
}

#[async_trait]
impl Held for HeldTransactions {
    async fn commit(self: Box<Self>) -> Result<Appended, AppendError> {
        self.commit.send(()).unwrap();
        let appended = self.appending.await.unwrap();
        end(&self.others, "commit").await;
        appended.expect("it was told to commit")
    }

    async fn roll_back(self: Box<Self>) {
        drop(self.commit);
        self.appending.await.unwrap();
        end(&self.others, "rollback").await;
    }
}

async fn connect() -> Client {
    let url = annals_servers::postgres_url();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
