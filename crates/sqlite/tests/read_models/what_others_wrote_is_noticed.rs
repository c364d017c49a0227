//! What others did to the tables is noticed, and neither taken over nor written on.

use std::sync::Arc;

use annals_core::{
    EventId, Fingerprint, Position, Projection, ProjectionError, Projector, QueryError, ReadModels,
    Recorded, SnapshotStore, StoredSnapshot, StreamId, StreamVersion, TableFold, Timestamp,
};
use annals_macros::ReadModel;
use annals_sqlite::{Database, SnapshotTable};
use uuid::Uuid;

use crate::bank::{
    AccountEvent, Balance, OTHER_STORE, STORE, balance, batch, database, deposit, projector_of,
};

async fn balances(database: &Database) -> Arc<dyn Projector> {
    projector_of::<Balance>(database).await
}

#[tokio::test]
async fn a_projector_writes_nothing_once_its_read_model_belongs_to_another_store() {
    let database = database().await;
    let projector = balances(&database).await;
    let other = OTHER_STORE.to_string();
    database
        .write(move |tx| tx.execute("update annals_checkpoints set store = ?", [other]))
        .await
        .unwrap();

    let refused = projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap_err();

    assert!(matches!(refused, ProjectionError::WrongStore { .. }));
    assert_eq!(balance(&database, "a").await, None);
}

#[tokio::test]
async fn a_table_that_is_not_its_own_is_not_taken_over() {
    let database = database().await;
    let create = "create table balances (anything text) strict";
    database
        .write(move |tx| tx.execute_batch(create))
        .await
        .unwrap();
    let refused = database.projector(TableFold::of_rows::<Balance>()).await;
    assert!(matches!(refused.err(), Some(QueryError::Refused { .. })));
}

#[tokio::test]
async fn a_read_model_that_is_not_what_was_declared_is_damaged_and_not_unavailable() {
    let database = database().await;
    let projector = balances(&database).await;
    let drop_table = "drop table balances";
    database
        .write(|tx| tx.execute_batch(drop_table))
        .await
        .unwrap();
    let events = vec![deposit(1, "a", 5)];
    let failure = projector.apply(batch(0, events)).await.unwrap_err();
    assert!(
        matches!(failure, ProjectionError::Damaged { .. }),
        "{failure}"
    );
}

/// When an account was changed last.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "changes")]
struct Change {
    #[key]
    account: String,
    at: Timestamp,
}

impl Projection for Change {
    type Event = AccountEvent;

    fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, account: &String, event: &Recorded<AccountEvent>) -> Option<Self> {
        Some(Self {
            account: account.clone(),
            at: event.record.recorded_at,
        })
    }
}

#[tokio::test]
async fn a_row_that_its_read_model_cannot_hold_is_damage_and_nothing_is_written() {
    let database = database().await;
    let projector = projector_of::<Change>(&database).await;
    let events = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, events)).await.unwrap();
    let damage = "update changes set at = 'yesterday'";
    database.write(|tx| tx.execute(damage, [])).await.unwrap();

    let events = vec![deposit(2, "b", 5), deposit(3, "a", 5)];
    let failure = projector.apply(batch(1, events)).await.unwrap_err();

    let damaged = matches!(failure, ProjectionError::Damaged { .. });
    assert!(damaged, "{failure}");
    assert_eq!(projector.resume(STORE).await.unwrap(), Position(1));
    let table = database.table::<Change>();
    assert_eq!(table.get(&"b".to_owned()).await.unwrap(), None);
    let refused = table.get(&"a".to_owned()).await.unwrap_err();
    assert!(matches!(refused, QueryError::Column(error) if error.column == "at"));
}

fn snapshot(version: u64) -> StoredSnapshot {
    StoredSnapshot {
        fingerprint: Fingerprint::of(b"shape", 1),
        version: StreamVersion(version),
        last_event: EventId(Uuid::from_u128(version.into())),
        state: format!("{{\"balance\":{version}}}").into_bytes(),
    }
}

fn stream(id: &str) -> StreamId {
    StreamId::new("Account", id).expect("a valid stream")
}

async fn table() -> (Database, SnapshotTable) {
    let database = database().await;
    let table = SnapshotTable::new(database.clone()).await;
    (database, table.expect("the table can be made"))
}

#[tokio::test]
async fn a_damaged_snapshot_is_none_and_gives_way_to_any_other() {
    for damage in [
        "state = x'00'",
        "version = 1000000",
        "version = -1",
        "last_event = zeroblob(16)",
        "fingerprint = zeroblob(16)",
        "checksum = x'01'",
    ] {
        let (database, table) = table().await;
        table.save(&stream("a"), snapshot(5)).await.unwrap();
        let update = format!("update annals_snapshots set {damage}");
        database
            .write(move |tx| tx.execute(&update, []))
            .await
            .unwrap();

        assert_eq!(table.load(&stream("a")).await.unwrap(), None, "{damage}");
        table.save(&stream("a"), snapshot(4)).await.unwrap();
        assert_eq!(
            table.load(&stream("a")).await.unwrap(),
            Some(snapshot(4)),
            "{damage}"
        );
    }
}
