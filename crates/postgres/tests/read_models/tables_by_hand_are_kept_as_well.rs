//! A read model by hand: its effect and the checkpoint commit together, and another revision of it
//! is made again from the first event.

use annals_core::{Position, ProjectionError, Projector as _, Recorded};
use annals_macros::Event;
use annals_postgres::tokio_postgres::types::Type;
use annals_postgres::{
    Parameter, Postgres, PostgresError, SqlProjection, SqlProjector, Transaction,
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::bank::{AccountEvent, Database, STORE, batch, deposit, failed_at, recorded};

#[tokio::test]
async fn a_refused_statement_or_a_panic_by_hand_writes_neither_and_names_the_event() {
    for poison in [AccountEvent::Poisoned, AccountEvent::Closed] {
        let database = Database::new().await;
        let projector = database.deposits::<1>().await;
        let events = vec![deposit(1, "a", 5), recorded(2, "b", &poison)];

        let failure = projector.apply(batch(0, events)).await.unwrap_err();

        assert_eq!(failed_at(&failure), 2);
        assert_eq!(database.count("deposits").await, 0);
        assert_eq!(projector.position(STORE).await.unwrap(), Position::START);

        projector
            .apply(batch(0, vec![deposit(1, "a", 5)]))
            .await
            .unwrap();
        assert_eq!(database.count("deposits").await, 1);
    }
}

/// Sends a text where a number belongs.
struct Mistaken;

#[async_trait]
impl SqlProjection for Mistaken {
    type Event = AccountEvent;
    const NAME: &'static str = "mistaken";
    const TABLES: &'static [&'static str] = &[];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        ""
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        _: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        tx.rows("select $1", &[(&"one", Type::INT8)]).await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_parameter_of_another_type_names_the_event() {
    let database = Database::new().await;
    let projector = SqlProjector::new(&database.postgres, Mistaken)
        .await
        .unwrap();
    projector.resume(STORE).await.unwrap();
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    assert_eq!(failed_at(&failure.unwrap_err()), 1);
}

/// Keeps the error of a statement to itself, and defers a constraint that it violates.
struct Careless;

#[async_trait]
impl SqlProjection for Careless {
    type Event = AccountEvent;
    const NAME: &'static str = "careless";
    const TABLES: &'static [&'static str] = &["careless"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table careless (position bigint primary key,
           before bigint references careless deferrable initially deferred)"
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        let statement = match event.event {
            AccountEvent::Poisoned => "insert into careless values (0, 99)",
            AccountEvent::Closed => "insert into nowhere values (0, null)",
            _ => "insert into careless values (1, null)",
        };
        let _kept_to_itself = tx.execute(statement, &[]).await;
        Ok(())
    }
}

#[tokio::test]
async fn a_statement_that_failed_unsaid_or_is_to_fail_later_fails_the_batch() {
    let database = Database::new().await;
    let projector = SqlProjector::new(&database.postgres, Careless)
        .await
        .unwrap();
    projector.resume(STORE).await.unwrap();
    for fault in [AccountEvent::Poisoned, AccountEvent::Closed] {
        let events = vec![deposit(1, "a", 5), recorded(2, "a", &fault)];
        let failure = projector.apply(batch(0, events)).await.unwrap_err();
        assert_eq!(failed_at(&failure), 2);
        assert_eq!(database.count("careless").await, 0);
        assert_eq!(projector.position(STORE).await.unwrap(), Position::START);
    }
    let healthy = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, healthy)).await.unwrap();
    assert_eq!(database.count("careless").await, 1);
}

#[tokio::test]
async fn an_event_that_cannot_be_decoded_is_named() {
    let database = Database::new().await;
    let projector = database.deposits::<1>().await;
    let mut newer = deposit(3, "a", 5);
    newer.schema_version = 2;
    let failure = projector.apply(batch(0, vec![newer])).await;
    assert_eq!(failed_at(&failure.unwrap_err()), 3);
}

#[tokio::test]
async fn another_revision_rebuilds_tables_by_hand_though_they_refer_to_each_other() {
    let database = Database::new().await;
    let projector = database.deposits::<1>().await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(database.count("deposit_notes").await, 1);

    let projector = database.deposits::<2>().await;

    assert_eq!(projector.resume(STORE).await.unwrap(), Position::START);
    assert_eq!(database.count("deposits").await, 0);
    assert_eq!(database.count("deposit_notes").await, 0);
}

#[tokio::test]
async fn a_projector_of_the_older_declaration_writes_nothing_any_more() {
    let database = Database::new().await;
    let older = database.deposits::<1>().await;
    database.deposits::<2>().await;

    let refused = older.apply(batch(0, vec![deposit(1, "a", 5)])).await;

    assert!(matches!(refused, Err(ProjectionError::Superseded { .. })));
    assert_eq!(database.count("deposits").await, 0);
}

#[tokio::test]
async fn a_projector_of_the_older_declaration_takes_nothing_over() {
    let database = Database::new().await;
    let older = database.deposits::<1>().await;
    let newer = database.deposits::<2>().await;

    let refused = older.resume(STORE).await;

    assert!(matches!(refused, Err(ProjectionError::Superseded { .. })));
    newer
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    assert_eq!(database.count("deposits").await, 1);
}

/// An event whose older version cannot be read.
#[derive(Event, Serialize, Deserialize)]
enum Renamed {
    #[event(version = 2, upcast(1 => panics))]
    Deposited { amount: i64 },
}

fn panics(_: serde_json::Value) -> serde_json::Value {
    panic!("cannot be read")
}

struct Renamings;

#[async_trait]
impl SqlProjection for Renamings {
    type Event = Renamed;
    const NAME: &'static str = "renamings";
    const TABLES: &'static [&'static str] = &[];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        ""
    }

    async fn apply(&self, _: &Transaction<'_>, _: &Recorded<Renamed>) -> Result<(), PostgresError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_while_an_event_is_decoded_names_it() {
    let database = Database::new().await;
    let projector = SqlProjector::new(&database.postgres, Renamings)
        .await
        .unwrap();
    projector.resume(STORE).await.unwrap();
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    assert_eq!(failed_at(&failure.unwrap_err()), 1);
}

/// Lets the server end its transaction for being idle.
struct Idle(Postgres);

impl Idle {
    async fn until_it_is_ended(&self, pid: i32) -> Result<(), PostgresError> {
        let client = self.0.client().await?;
        let is_there = "select true from pg_stat_activity where pid = $1";
        let pid: [Parameter<'_>; 1] = [(&pid, Type::INT4)];
        while !client.rows(is_there, &pid).await?.is_empty() {}
        Ok(())
    }
}

#[async_trait]
impl SqlProjection for Idle {
    type Event = AccountEvent;
    const NAME: &'static str = "idle";
    const TABLES: &'static [&'static str] = &[];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        ""
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        _: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        let pid = tx.rows("select pg_backend_pid()", &[]).await?[0].get(0);
        tx.batch("set local idle_in_transaction_session_timeout = 1")
            .await?;
        self.until_it_is_ended(pid).await?;
        tx.batch("select 1").await
    }
}

#[tokio::test]
async fn a_transaction_that_is_ended_for_being_idle_is_to_be_tried_again_and_told_of() {
    let database = Database::new().await;
    let idle = Idle(database.postgres.clone());
    let projector = SqlProjector::new(&database.postgres, idle).await.unwrap();
    projector.resume(STORE).await.unwrap();
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    let failure = failure.unwrap_err();
    let unavailable = matches!(failure, ProjectionError::Unavailable(_));
    assert!(unavailable, "{failure}");
    assert!(failure.to_string().contains("idle"), "{failure}");
}
