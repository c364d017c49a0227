//! An append that an inline projection cannot take in leaves nothing, and takes no other with it.

use annals_core::{Append, AppendError, EventStore, Recorded};
use annals_postgres::tokio_postgres::types::Type;
use annals_postgres::{InlineProjection, PostgresError, PostgresStore, SqlProjection, Transaction};
use async_trait::async_trait;
use futures_util::future::join_all;

use crate::bank::{AccountEvent, Database};
use crate::inline_bank::{InlineBank, append, deposit_of, open_inline};

/// The projection and the cause that a refusal names.
fn refused_by(refusal: &AppendError) -> (&str, String) {
    match refusal {
        AppendError::Projection { projection, cause } => (projection, cause.to_string()),
        other => panic!("no projection is named: {other}"),
    }
}

/// Appends all at once, and tells which were refused, and by which projection.
async fn refusals(store: &PostgresStore, appends: Vec<Append>) -> Vec<(usize, String)> {
    let verdicts = join_all(appends.into_iter().map(|append| store.append(append))).await;
    let refused = verdicts
        .into_iter()
        .enumerate()
        .filter_map(|(nth, verdict)| {
            let refusal = verdict.err()?;
            Some((nth, refused_by(&refusal).0.to_owned()))
        });
    refused.collect()
}

#[tokio::test]
async fn of_appends_that_travel_together_it_is_refused_alone() {
    let bank = InlineBank::new().await;
    let mut appends: Vec<Append> = (0..20).map(|n| deposit_of(&format!("{n}"), 5)).collect();
    appends[7] = append("7", &[AccountEvent::Poisoned]);
    appends[12] = append("12", &[AccountEvent::Closed]);

    let refused = refusals(&bank.store, appends).await;

    let expected = [(7, "balances"), (12, "deposits")].map(|(n, name)| (n, name.to_owned()));
    assert_eq!(refused, expected);
    assert_eq!(
        bank.store.head().await.unwrap().0,
        18,
        "positions are dense"
    );
    bank.judge().await;
}

#[tokio::test]
async fn the_refusal_tells_the_cause() {
    let bank = InlineBank::new().await;
    let deposit = AccountEvent::Deposited { cents: 5 };
    let poisoned = append("a", &[deposit, AccountEvent::Poisoned]);
    let refusal = bank.store.append(poisoned).await.unwrap_err();
    let cause = "the projection panicked: poisoned".to_owned();
    assert_eq!(refused_by(&refusal), ("balances", cause));
    bank.judge().await;
}

/// Of each amount one deposit; told at the commit, unless somebody asks before.
struct Amounts;

#[async_trait]
impl SqlProjection for Amounts {
    type Event = AccountEvent;
    const NAME: &'static str = "amounts";
    const TABLES: &'static [&'static str] = &["amounts"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table amounts (cents bigint unique deferrable initially deferred)"
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        if let AccountEvent::Deposited { cents } = event.event {
            let note = "insert into amounts values ($1)";
            tx.execute(note, &[(&cents, Type::INT8)]).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_constraint_that_is_checked_at_the_commit_refuses_one_append_alone() {
    let database = Database::new().await;
    let inline = vec![InlineProjection::by_sql(Amounts)];
    let store = PostgresStore::open_with_inline(&database.postgres, inline)
        .await
        .unwrap();
    let appends = (0..20)
        .map(|n| deposit_of(&format!("{n}"), n % 19))
        .collect();
    assert_eq!(
        refusals(&store, appends).await,
        [(19, "amounts".to_owned())]
    );
    assert_eq!(database.count("amounts").await, 19);
}

#[tokio::test]
async fn an_event_that_others_recorded_refuses_every_append_and_is_named() {
    let bank = InlineBank::new().await;
    let plain = bank.plain_store().await;
    let deposit = deposit_of("a", 5);
    bank.store.append(deposit.clone()).await.unwrap();
    plain
        .append(append("a", &[AccountEvent::Poisoned]))
        .await
        .unwrap();

    let appends = (0..3).map(|_| deposit_of("a", 5));
    let verdicts = join_all(appends.map(|append| bank.store.append(append))).await;

    let cause = "event at position 2 cannot be applied: the projection panicked: poisoned";
    for verdict in verdicts {
        assert_eq!(
            refused_by(&verdict.unwrap_err()),
            ("balances", cause.to_owned())
        );
    }
    // What was recorded before is recorded all the same, and others append as ever.
    bank.store.append(deposit).await.unwrap();
    assert_eq!(plain.append(deposit_of("a", 5)).await.unwrap().last.0, 3);
    assert_eq!(bank.database.balance("a").await, Some(5));
}

#[tokio::test]
async fn a_store_does_not_open_with_a_projection_that_cannot_take_in_what_is_recorded() {
    let bank = InlineBank::new().await;
    let plain = bank.plain_store().await;
    plain
        .append(append("a", &[AccountEvent::Poisoned]))
        .await
        .unwrap();
    let refused = open_inline(&bank.database).await.unwrap_err();
    let expected = "inline projection balances: event at position 1 cannot be applied: the projection panicked: poisoned";
    assert_eq!(refused.to_string(), expected);
}

/// A pair of rows for each deposit, of which the first refers to the second.
struct Pairs;

#[async_trait]
impl SqlProjection for Pairs {
    type Event = AccountEvent;
    const NAME: &'static str = "pairs";
    const TABLES: &'static [&'static str] = &["pairs"];
    const REVISION: u32 = 1;

    fn schema() -> &'static str {
        "create table pairs (number bigint primary key,
           other bigint references pairs deferrable initially deferred)"
    }

    async fn apply(
        &self,
        tx: &Transaction<'_>,
        event: &Recorded<AccountEvent>,
    ) -> Result<(), PostgresError> {
        let number = event.record.position.0.cast_signed();
        for pair in [[number, -number], [-number, number]] {
            let row = pair.each_ref().map(|number| (number as _, Type::INT8));
            tx.execute("insert into pairs values ($1, $2)", &row)
                .await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_constraint_is_deferred_again_for_what_is_taken_in_next() {
    let database = Database::new().await;
    let inline = vec![InlineProjection::by_sql(Pairs)];
    let store = PostgresStore::open_with_inline(&database.postgres, inline)
        .await
        .unwrap();
    let plain = PostgresStore::open(&database.postgres).await.unwrap();
    plain.append(deposit_of("a", 1)).await.unwrap();
    store.append(deposit_of("a", 2)).await.unwrap();
    assert_eq!(database.count("pairs").await, 4);
}

#[tokio::test]
async fn a_deferred_constraint_of_the_callers_own_is_checked_at_its_commit() {
    let database = Database::new().await;
    let inline = vec![InlineProjection::by_sql(Pairs)];
    let store = PostgresStore::open_with_inline(&database.postgres, inline)
        .await
        .unwrap();
    let sql = |text: &str| database.postgres.sql(text);
    let mut client = database.postgres.client().await.unwrap();
    let tables = "create table {schema}.parents (id bigint primary key);
        create table {schema}.children (parent bigint references {schema}.parents deferrable initially deferred)";
    let tx = client.transaction().await.unwrap();
    tx.batch(&sql(tables)).await.unwrap();
    tx.commit().await.unwrap();

    let tx = client.transaction().await.unwrap();
    let child = sql("insert into {schema}.children values (1)");
    tx.batch(&child).await.unwrap();
    store.append_in(&tx, deposit_of("a", 1)).await.unwrap();
    let parent = sql("insert into {schema}.parents values (1)");
    tx.batch(&parent).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(database.count("pairs").await, 2);
}
