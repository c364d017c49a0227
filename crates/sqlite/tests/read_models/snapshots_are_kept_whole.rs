//! Of each stream the newest snapshot, exactly as it was saved, or none.

use annals_core::{EventId, Fingerprint, SnapshotStore, StoredSnapshot, StreamId, StreamVersion};
use annals_sqlite::{Database, SnapshotTable};
use uuid::Uuid;

use crate::bank::database;

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
async fn a_snapshot_is_kept_for_its_stream_alone() {
    let (_, table) = table().await;
    table.save(&stream("a"), snapshot(5)).await.unwrap();
    assert_eq!(table.load(&stream("a")).await.unwrap(), Some(snapshot(5)));
    assert_eq!(table.load(&stream("b")).await.unwrap(), None);
}

#[tokio::test]
async fn a_newer_snapshot_replaces_an_older_one_and_stays() {
    let (_, table) = table().await;
    for version in [5, 9, 7] {
        table.save(&stream("a"), snapshot(version)).await.unwrap();
    }
    assert_eq!(table.load(&stream("a")).await.unwrap(), Some(snapshot(9)));
}

#[tokio::test]
async fn a_snapshot_of_another_shape_at_the_same_version_replaces() {
    let (_, table) = table().await;
    table.save(&stream("a"), snapshot(5)).await.unwrap();
    let mut reshaped = snapshot(5);
    reshaped.fingerprint = Fingerprint::of(b"shape", 2);
    table.save(&stream("a"), reshaped.clone()).await.unwrap();
    assert_eq!(table.load(&stream("a")).await.unwrap(), Some(reshaped));
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
