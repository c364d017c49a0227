//! A process that is paused amid a transaction keeps its locks, and cannot be asked to give them
//! back: the server does, so that another takes over before the paused one wakes up.

use std::sync::Arc;

use annals_core::{ProjectionError, Projector, Recorded};
use annals_postgres::tokio_postgres::types::Type;
use annals_postgres::{PostgresError, PostgresReadModels, SqlProjection, Transaction};
use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::bank::{AccountEvent, Database, STORE, batch, deposit};

/// Writes who wrote, and stands still then, as a stopped process would.
struct Writers {
    writer: &'static str,
    gate: Arc<Gate>,
}

struct Gate {
    arrived: Semaphore,
    opened: Semaphore,
}

#[async_trait]
impl SqlProjection for Writers {
    type Event = AccountEvent;
    const NAME: &'static str = "writers";
    const TABLES: &'static [&'static str] = &["writers"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table writers (writer text primary key)"
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        _: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        let insert = "insert into writers values ($1)";
        tx.execute(insert, &[(&self.writer, Type::TEXT)]).await?;
        self.gate.arrived.add_permits(1);
        let _awake = self.gate.opened.acquire().await;
        Ok(())
    }
}

async fn writers(
    database: &Database,
    writer: &'static str,
    gate: &Arc<Gate>,
) -> Arc<dyn Projector> {
    let gate = Arc::clone(gate);
    let writers = PostgresReadModels::open(&database.postgres)
        .sql_projector(Writers { writer, gate })
        .await
        .unwrap();
    writers.resume(STORE).await.unwrap();
    writers
}

fn gate(opened: usize) -> Arc<Gate> {
    Arc::new(Gate {
        arrived: Semaphore::new(0),
        opened: Semaphore::new(opened),
    })
}

#[tokio::test]
async fn another_takes_over_from_an_owner_that_stands_still_amid_a_transaction() {
    let database = Database::new().await;
    let (closed, open) = (gate(0), gate(1));
    let paused = writers(&database, "paused", &closed).await;
    let writing = paused.apply(batch(0, vec![deposit(1, "a", 5)]));
    tokio::pin!(writing);
    tokio::select! {
        ended = &mut writing => panic!("it ended: {ended:?}"),
        arrived = closed.arrived.acquire() => arrived.unwrap().forget(),
    }

    // The paused one holds the row of the checkpoint until the server has enough.
    let newer = writers(&database, "newer", &open).await;
    let taken_over = newer.apply(batch(0, vec![deposit(1, "a", 5)])).await;

    taken_over.unwrap();
    closed.opened.add_permits(1);
    let ended = writing.await;
    let unavailable = matches!(ended, Err(ProjectionError::Unavailable(_)));
    assert!(unavailable, "{ended:?}");
    assert_eq!(database.count("writers").await, 1);
}
