//! Of each stream the newest snapshot, exactly as it was saved, or none.

use std::sync::Arc;

use annals_core::{EventId, Fingerprint, SnapshotStore, StoredSnapshot, StreamId, StreamVersion};
use uuid::Uuid;

use crate::bank::Database;

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
async fn a_snapshot_is_kept_for_its_stream_alone() {
    let (_, snapshots) = snapshots().await;
    snapshots.save(&stream("a"), snapshot(5)).await.unwrap();
    assert_eq!(
        snapshots.load(&stream("a")).await.unwrap(),
        Some(snapshot(5))
    );
    assert_eq!(snapshots.load(&stream("b")).await.unwrap(), None);
}

#[tokio::test]
async fn a_newer_snapshot_replaces_an_older_one_and_stays() {
    let (_, snapshots) = snapshots().await;
    for version in [5, 9, 7] {
        snapshots
            .save(&stream("a"), snapshot(version))
            .await
            .unwrap();
    }
    assert_eq!(
        snapshots.load(&stream("a")).await.unwrap(),
        Some(snapshot(9))
    );
}

#[tokio::test]
async fn a_snapshot_of_another_shape_at_the_same_version_replaces() {
    let (_, snapshots) = snapshots().await;
    snapshots.save(&stream("a"), snapshot(5)).await.unwrap();
    let mut reshaped = snapshot(5);
    reshaped.fingerprint = Fingerprint::of(b"shape", 2);
    snapshots
        .save(&stream("a"), reshaped.clone())
        .await
        .unwrap();
    assert_eq!(snapshots.load(&stream("a")).await.unwrap(), Some(reshaped));
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
