//! Of each stream the newest snapshot, exactly as it was saved.

use std::sync::Arc;

use annals_core::{EventId, Fingerprint, SnapshotStore, StoredSnapshot, StreamId, StreamVersion};
use uuid::Uuid;

use super::subject::Subject;

fn snapshot(version: u64) -> StoredSnapshot {
    StoredSnapshot {
        fingerprint: Fingerprint::of(b"shape", 1),
        version: StreamVersion(version),
        last_event: EventId(Uuid::from_u128(version.into())),
        state: format!("{{\"balance\":{version}}}").into_bytes(),
    }
}

/// The snapshots of two streams.
struct Snapshots(Arc<dyn SnapshotStore>);

impl Snapshots {
    async fn of(subject: &Subject) -> Self {
        let snapshots = subject.read_models.snapshots().await;
        Self(snapshots.unwrap_or_else(|error| panic!("no snapshots: {error}")))
    }

    async fn save(&self, snapshot: StoredSnapshot) {
        self.save_of("a", snapshot).await;
    }

    async fn save_of(&self, id: &str, snapshot: StoredSnapshot) {
        let saved = self.0.save(&stream(id), snapshot).await;
        saved.unwrap_or_else(|error| panic!("not saved: {error}"));
    }

    async fn load(&self, id: &str) -> Option<StoredSnapshot> {
        let loaded = self.0.load(&stream(id)).await;
        loaded.unwrap_or_else(|error| panic!("not loaded: {error}"))
    }

    async fn delete(&self, id: &str) -> bool {
        let deleted = self.0.delete(&stream(id)).await;
        deleted.unwrap_or_else(|error| panic!("not deleted: {error}"))
    }
}

fn stream(id: &str) -> StreamId {
    StreamId::new("Account", id).expect("a valid stream")
}

pub(super) async fn a_snapshot_is_kept_for_its_stream_alone(subject: Subject) {
    let snapshots = Snapshots::of(&subject).await;
    snapshots.save(snapshot(5)).await;
    assert_eq!(snapshots.load("a").await, Some(snapshot(5)));
    assert_eq!(snapshots.load("b").await, None);
}

pub(super) async fn a_newer_snapshot_replaces_an_older_one_and_stays(subject: Subject) {
    let snapshots = Snapshots::of(&subject).await;
    for version in [5, 9, 7] {
        snapshots.save(snapshot(version)).await;
    }
    assert_eq!(snapshots.load("a").await, Some(snapshot(9)));
}

pub(super) async fn a_snapshot_of_another_shape_at_the_same_version_replaces(subject: Subject) {
    let snapshots = Snapshots::of(&subject).await;
    snapshots.save(snapshot(5)).await;
    let mut reshaped = snapshot(5);
    reshaped.fingerprint = Fingerprint::of(b"shape", 2);
    snapshots.save(reshaped.clone()).await;
    assert_eq!(snapshots.load("a").await, Some(reshaped));
}

pub(super) async fn a_damaged_snapshot_is_none_and_gives_way_to_any_other(subject: Subject) {
    let snapshots = Snapshots::of(&subject).await;
    let mut others = snapshot(9);
    others.fingerprint = Fingerprint::of(b"shape", 2);
    snapshots.save_of("b", others).await;
    let others = |column| {
        format!("{column} = (select {column} from annals_snapshots where stream = 'Account-b')")
    };
    let columns = ["fingerprint", "version", "last_event", "state", "checksum"];
    let damages = columns.map(others).into_iter();
    for damage in damages.chain(["version = -1".to_owned()]) {
        snapshots.save(snapshot(5)).await;
        let update = format!("update annals_snapshots set {damage} where stream = 'Account-a'");
        subject.execute(&update).await;

        assert_eq!(snapshots.load("a").await, None, "{damage}");
        snapshots.save(snapshot(4)).await;
        assert_eq!(snapshots.load("a").await, Some(snapshot(4)), "{damage}");
    }
}

pub(super) async fn a_snapshot_that_was_let_go_of_is_gone_alone(subject: Subject) {
    let snapshots = Snapshots::of(&subject).await;
    snapshots.save(snapshot(5)).await;
    snapshots.save_of("b", snapshot(7)).await;
    assert!(snapshots.delete("a").await, "there was one");
    assert!(!snapshots.delete("a").await, "there is none any more");
    assert_eq!(snapshots.load("a").await, None);
    assert_eq!(snapshots.load("b").await, Some(snapshot(7)));
    snapshots.save(snapshot(1)).await;
    assert_eq!(snapshots.load("a").await, Some(snapshot(1)));
}
