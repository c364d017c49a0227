//! Readers and subscribers of the embedded store miss, repeat and reorder nothing.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use annals_core::{Append, EventStore, StoreId};
use annals_embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};
use annals_testing::ordering::{Adversary, Held, InProcess, Line, Skip};
use async_trait::async_trait;

annals_testing::ordering_suite!(
    Memory::default(),
    skips: ["held", "pooled", "racing", "rolled_back::roll_backs"]
);

/// Stores on disks of their own.
#[derive(Default)]
struct Memory {
    opened: Mutex<HashMap<StoreId, (Arc<EmbeddedStore>, MemoryDisk)>>,
}

impl Memory {
    fn open_on(disk: MemoryDisk) -> Arc<EmbeddedStore> {
        let options = EmbeddedOptions::in_memory();
        Arc::new(EmbeddedStore::open_on(disk, options).unwrap())
    }
}

#[async_trait]
impl Adversary for Memory {
    async fn open(&self) -> Arc<dyn EventStore> {
        let disk = MemoryDisk::new();
        let store = Self::open_on(disk.clone());
        let opened = (Arc::clone(&store), disk);
        self.opened.lock().unwrap().insert(store.id(), opened);
        store
    }

    async fn second_handle(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Err(Skip::because("one process at a time has the directory"))
    }

    async fn hold_open(&self, _: &dyn EventStore, _: Append) -> Result<Box<dyn Held>, Skip> {
        Err(Skip::because(
            "an append is taken and committed in one step",
        ))
    }

    async fn cuttable(&self, store: &dyn EventStore) -> Result<Box<dyn Line>, Skip> {
        let opened = self.opened.lock().unwrap();
        let store = Arc::clone(&opened[&store.id()].0);
        Ok(Box::new(InProcess::to(store)))
    }

    async fn pooled(&self, _: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        Err(Skip::because("it has no connections"))
    }

    /// What is on the disk at this moment, on another one.
    async fn dump_and_restore(&self, store: &dyn EventStore) -> Result<Arc<dyn EventStore>, Skip> {
        let disk = self.opened.lock().unwrap()[&store.id()].1.after_crash();
        Ok(Self::open_on(disk))
    }
}
