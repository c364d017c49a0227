//! The embedded store on an in-memory disk keeps the store's contract, and only what was synced
//! counts after a restart.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use annals_core::{EventStore, StoreId};
use annals_embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};
use annals_testing::conformance::{Backend, Skip};
use async_trait::async_trait;

annals_testing::conformance_suite!(Memory::default());

/// Stores on disks of their own.
#[derive(Default)]
struct Memory {
    disks: Mutex<HashMap<StoreId, MemoryDisk>>,
}

impl Memory {
    fn open_on(&self, disk: MemoryDisk) -> Arc<dyn EventStore> {
        let store = EmbeddedStore::open_on(disk.clone(), EmbeddedOptions::in_memory()).unwrap();
        self.disks.lock().unwrap().insert(store.id(), disk);
        Arc::new(store)
    }
}

#[async_trait]
impl Backend for Memory {
    async fn open(&self) -> Arc<dyn EventStore> {
        self.open_on(MemoryDisk::new())
    }

    /// Cuts the power.
    async fn restart(&self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip> {
        let disk = self.disks.lock().unwrap().remove(&store.id());
        Ok(self.open_on(disk.unwrap().after_crash()))
    }
}
