//! Snapshots: when they are taken, and when one is used.

use std::sync::Arc;

use annals_core::{
    Aggregate, Fingerprint, Snapshot, SnapshotStore, StoredSnapshot, StreamId, StreamVersion,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::load::Shortcut;

/// Most snapshots being taken at one time. Further ones are left to a later command.
const AT_ONCE: u32 = 4;

/// When a snapshot is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotPolicy {
    events: u64,
}

impl SnapshotPolicy {
    /// Whenever at least so many events have passed since the last one; 0 counts as 1.
    pub fn every(events: u64) -> Self {
        let events = events.max(1);
        Self { events }
    }
}

/// The snapshots of one kind of aggregate.
///
/// How a state is written and read is known only where `A` is known to be a [`Snapshot`]; here it
/// is kept as functions, so that a repository needs no second type.
pub(crate) struct Snapshots<A> {
    store: Arc<dyn SnapshotStore>,
    policy: SnapshotPolicy,
    fingerprint: Fingerprint,
    write: fn(&A) -> serde_json::Result<Vec<u8>>,
    read: fn(&[u8]) -> serde_json::Result<A>,
    places: Arc<Semaphore>,
}

impl<A: Snapshot> Snapshots<A> {
    pub(crate) fn new(store: Arc<dyn SnapshotStore>, policy: SnapshotPolicy) -> Self {
        Self {
            store,
            policy,
            fingerprint: A::fingerprint(),
            write: |state| serde_json::to_vec(state),
            read: |json| serde_json::from_slice(json),
            places: Arc::new(Semaphore::new(AT_ONCE as usize)),
        }
    }
}

impl<A: Aggregate> Snapshots<A> {
    /// The newest snapshot, if it was made by this code and is not beyond `up_to`.
    ///
    /// One that cannot be had is no error: the stream holds everything.
    pub(crate) async fn newest(
        &self,
        stream: &StreamId,
        up_to: StreamVersion,
    ) -> Option<StoredSnapshot> {
        let found = self.store.load(stream).await;
        let found =
            found.inspect_err(|error| tracing::warn!(%stream, %error, "snapshot not loaded"));
        let kept = found.ok()??;
        let is_of_use = kept.fingerprint == self.fingerprint && kept.version <= up_to;
        is_of_use.then_some(kept)
    }

    /// The state that is kept; `None`, which is no error either: it is unreadable.
    pub(crate) fn read(&self, stream: &StreamId, kept: &StoredSnapshot) -> Option<Shortcut<A>> {
        let state = (self.read)(&kept.state);
        let state =
            state.inspect_err(|error| tracing::warn!(%stream, %error, "snapshot unreadable"));
        Some(Shortcut {
            state: state.ok()?,
            version: kept.version,
            last_event: kept.last_event,
            replayed: 0,
        })
    }

    /// True if so many events since the last snapshot call for another.
    pub(crate) fn is_due(&self, events_since: u64) -> bool {
        events_since >= self.policy.events
    }

    /// A place to take a snapshot in. `None`: too many are being taken, and the next command finds it
    /// still due.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Takes a snapshot beside the caller.
    pub(crate) fn take(
        self: Arc<Self>,
        place: OwnedSemaphorePermit,
        stream: StreamId,
        shortcut: Shortcut<A>,
    ) {
        tokio::spawn(async move {
            self.save(&stream, shortcut).await;
            drop(place);
        });
    }

    async fn save(&self, stream: &StreamId, shortcut: Shortcut<A>) {
        let state = match (self.write)(&shortcut.state) {
            Ok(state) => state,
            Err(error) => return tracing::warn!(%stream, %error, "snapshot has no JSON form"),
        };
        let snapshot = StoredSnapshot {
            fingerprint: self.fingerprint,
            version: shortcut.version,
            last_event: shortcut.last_event,
            state,
        };
        if let Err(error) = self.store.save(stream, snapshot).await {
            tracing::warn!(%stream, %error, "snapshot not kept");
        }
    }

    /// Waits until none is being taken.
    pub(crate) async fn settle(&self) {
        let all = self.places.acquire_many(AT_ONCE).await;
        drop(all.expect("the semaphore is never closed"));
    }
}
