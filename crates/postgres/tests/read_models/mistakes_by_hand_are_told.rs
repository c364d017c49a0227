//! What a projection by hand must not do is told, and nothing of it is written.

use std::sync::Arc;

use annals_core::{Position, ProjectionError, Projector, Recorded};
use annals_postgres::tokio_postgres::types::Type;
use annals_postgres::{
    Parameter, Postgres, PostgresError, PostgresReadModels, SqlProjection, Transaction,
};
use async_trait::async_trait;

use crate::bank::{AccountEvent, Database, STORE, batch, deposit, failed_at, recorded};

/// A projection that does what it must not.
enum Mistake {
    /// Sends a text where a number belongs.
    Mistyped,
    /// Keeps the error of a statement to itself, and defers a constraint that it violates.
    Silent,
    /// Lets the server end its transaction for being idle.
    Idle(Postgres),
}

#[async_trait]
impl SqlProjection for Mistake {
    type Event = AccountEvent;
    const NAME: &'static str = "mistakes";
    const TABLES: &'static [&'static str] = &["mistakes"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table mistakes (position bigint primary key,
           before bigint references mistakes deferrable initially deferred)"
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        match self {
            Self::Mistyped => {
                tx.rows("select $1", &[(&"one", Type::INT8)]).await?;
            }
            Self::Silent => {
                let statement = match event.event {
                    AccountEvent::Poisoned => "insert into mistakes values (0, 99)",
                    AccountEvent::Closed => "insert into nowhere values (0, null)",
                    _ => "insert into mistakes values (1, null)",
                };
                let _kept_to_itself = tx.execute(statement, &[]).await;
            }
            Self::Idle(postgres) => {
                let pid = tx.rows("select pg_backend_pid()", &[]).await?[0].get(0);
                tx.batch("set local idle_in_transaction_session_timeout = 1")
                    .await?;
                until_it_is_ended(postgres, pid).await?;
                tx.batch("select 1").await?;
            }
        }
        Ok(())
    }
}

async fn until_it_is_ended(postgres: &Postgres, pid: i32) -> Result<(), PostgresError> {
    let client = postgres.client().await?;
    let is_there = "select true from pg_stat_activity where pid = $1";
    let pid: [Parameter<'_>; 1] = [(&pid, Type::INT4)];
    while !client.rows(is_there, &pid).await?.is_empty() {}
    Ok(())
}

async fn projector(database: &Database, mistake: Mistake) -> Arc<dyn Projector> {
    let projector = PostgresReadModels::open(&database.postgres)
        .sql_projector(mistake)
        .await
        .unwrap();
    projector.resume(STORE).await.unwrap();
    projector
}

#[tokio::test]
async fn a_parameter_of_another_type_names_the_event() {
    let projector = projector(&Database::new().await, Mistake::Mistyped).await;
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    assert_eq!(failed_at(&failure.unwrap_err()), 1);
}

#[tokio::test]
async fn a_statement_that_failed_unsaid_or_is_to_fail_later_fails_the_batch() {
    let database = Database::new().await;
    let projector = projector(&database, Mistake::Silent).await;
    for fault in [AccountEvent::Poisoned, AccountEvent::Closed] {
        let events = vec![deposit(1, "a", 5), recorded(2, "a", &fault)];
        let failure = projector.apply(batch(0, events)).await.unwrap_err();
        assert_eq!(failed_at(&failure), 2);
        assert_eq!(database.count("mistakes").await, 0);
        assert_eq!(projector.position(STORE).await.unwrap(), Position::START);
    }
    let healthy = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, healthy)).await.unwrap();
    assert_eq!(database.count("mistakes").await, 1);
}

#[tokio::test]
async fn a_transaction_that_is_ended_for_being_idle_is_to_be_tried_again_and_told_of() {
    let database = Database::new().await;
    let idle = Mistake::Idle(database.postgres.clone());
    let projector = projector(&database, idle).await;
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    let failure = failure.unwrap_err();
    let unavailable = matches!(failure, ProjectionError::Unavailable(_));
    assert!(unavailable, "{failure}");
    assert!(failure.to_string().contains("idle"), "{failure}");
}
