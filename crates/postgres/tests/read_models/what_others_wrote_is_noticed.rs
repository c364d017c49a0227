//! What others did to the tables is noticed, and neither taken over nor written on.

use std::sync::Arc;

use annals_core::{
    EventId, Fingerprint, Position, Projection, ProjectionError, QueryError, Recorded,
    SnapshotStore, StoredSnapshot, StreamId, StreamVersion, TableFold, Timestamp,
};
use annals_macros::ReadModel;
use uuid::Uuid;

use crate::bank::{AccountEvent, Balance, Database, OTHER_STORE, STORE, batch, deposit};

#[tokio::test]
async fn a_projector_writes_nothing_once_its_read_model_belongs_to_another_store() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    let other = format!("update {{read}}.annals_checkpoints set store = '{OTHER_STORE}'");
    database.execute(&other).await;

    let refused = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;

    assert!(matches!(refused, Err(ProjectionError::WrongStore { .. })));
    assert_eq!(database.balance("a").await, None);
}

#[tokio::test]
async fn a_table_that_is_not_its_own_is_not_taken_over() {
    let database = Database::new().await;
    database
        .execute("create table {read}.balances (anything text)")
        .await;
    let fold = TableFold::of_rows::<Balance>();
    let refused = database.read_models.projector(fold).await;
    assert!(matches!(refused.err(), Some(QueryError::Refused { .. })));
}

#[tokio::test]
async fn a_read_model_that_is_not_what_was_declared_is_damaged_and_not_unavailable() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    database.execute("drop table {read}.balances").await;
    let failure = projector.apply(batch(0, vec![deposit(1, "a", 5)])).await;
    assert!(matches!(failure, Err(ProjectionError::Damaged { .. })));
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
    let database = Database::new().await;
    let projector = database.projector::<Change>().await;
    let events = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, events)).await.unwrap();
    let damage = "update {read}.changes set at = 'yesterday'";
    database.execute(damage).await;

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

#[tokio::test]
async fn a_column_of_another_type_is_told_with_both_types() {
    let database = Database::new().await;
    let projector = database.projector::<Balance>().await;
    let events = vec![deposit(1, "a", 5)];
    projector.apply(batch(0, events)).await.unwrap();
    let retype = "alter table {read}.balances alter column cents type numeric";
    database.execute(retype).await;

    let key = "a".to_owned();
    let refused = database.table::<Balance>().get(&key).await.unwrap_err();
    assert!(refused.to_string().contains("`numeric`"), "{refused}");
    let failure = projector.apply(batch(1, vec![deposit(2, "a", 5)])).await;
    assert!(matches!(failure, Err(ProjectionError::Damaged { .. })));
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

async fn snapshots() -> (Database, Arc<dyn SnapshotStore>) {
    let database = Database::new().await;
    let snapshots = database.read_models.snapshots().await.unwrap();
    (database, snapshots)
}

#[tokio::test]
async fn a_damaged_snapshot_is_none_and_gives_way_to_any_other() {
    let (database, snapshots) = snapshots().await;
    let stream = stream("a");
    for damage in [
        "state = '\\x00'",
        "version = 1000000",
        "version = -1",
        "last_event = gen_random_uuid()",
        "fingerprint = gen_random_uuid()",
        "checksum = gen_random_uuid()",
    ] {
        snapshots.save(&stream, snapshot(5)).await.unwrap();
        let update = format!("update {{read}}.annals_snapshots set {damage}");
        database.execute(&update).await;

        assert_eq!(snapshots.load(&stream).await.unwrap(), None, "{damage}");
        snapshots.save(&stream, snapshot(4)).await.unwrap();
        assert_eq!(
            snapshots.load(&stream).await.unwrap(),
            Some(snapshot(4)),
            "{damage}"
        );
    }
}
