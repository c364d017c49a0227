//! Snapshots in memory, for a test to look at and to meddle with.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use annals_core::{SnapshotError, SnapshotStore, StoredSnapshot, StreamId};
use async_trait::async_trait;
use tokio::sync::Semaphore;

pub(crate) struct MemorySnapshots {
    kept: Mutex<HashMap<StreamId, StoredSnapshot>>,
    saves: AtomicU32,
    open: Semaphore,
}

impl Default for MemorySnapshots {
    fn default() -> Self {
        let snapshots = Self::closed();
        snapshots.open();
        snapshots
    }
}

impl MemorySnapshots {
    /// Saving waits until it is opened.
    pub(crate) fn closed() -> Self {
        Self {
            kept: Mutex::default(),
            saves: AtomicU32::new(0),
            open: Semaphore::new(0),
        }
    }

    pub(crate) fn open(&self) {
        self.open.close();
    }

    /// How many snapshots were kept.
    pub(crate) fn saves(&self) -> u32 {
        self.saves.load(Ordering::SeqCst)
    }

    pub(crate) fn of(&self, stream: &StreamId) -> Option<StoredSnapshot> {
        self.kept
            .lock()
            .expect("no panic in here")
            .get(stream)
            .cloned()
    }

    pub(crate) fn put(&self, stream: StreamId, snapshot: StoredSnapshot) {
        self.kept
            .lock()
            .expect("no panic in here")
            .insert(stream, snapshot);
    }
}

#[async_trait]
impl SnapshotStore for MemorySnapshots {
    async fn load(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, SnapshotError> {
        Ok(self.of(stream))
    }

    async fn save(&self, stream: &StreamId, snapshot: StoredSnapshot) -> Result<(), SnapshotError> {
        let _closed = self.open.acquire().await;
        self.saves.fetch_add(1, Ordering::SeqCst);
        if self
            .of(stream)
            .is_none_or(|kept| kept.version < snapshot.version)
        {
            self.put(stream.clone(), snapshot);
        }
        Ok(())
    }

    async fn delete(&self, stream: &StreamId) -> Result<bool, SnapshotError> {
        let mut kept = self.kept.lock().expect("no panic in here");
        Ok(kept.remove(stream).is_some())
    }
}

/// Neither gives nor takes any.
pub(crate) struct NoSnapshots;

#[async_trait]
impl SnapshotStore for NoSnapshots {
    async fn load(&self, _: &StreamId) -> Result<Option<StoredSnapshot>, SnapshotError> {
        Err(SnapshotError("the disk is gone".into()))
    }

    async fn save(&self, _: &StreamId, _: StoredSnapshot) -> Result<(), SnapshotError> {
        Err(SnapshotError("the disk is gone".into()))
    }

    async fn delete(&self, _: &StreamId) -> Result<bool, SnapshotError> {
        Err(SnapshotError("the disk is gone".into()))
    }
}
