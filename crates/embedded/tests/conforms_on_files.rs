//! The embedded store on files keeps the store's contract.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use annals_core::{EventStore, StoreId};
use annals_embedded::{EmbeddedOptions, EmbeddedStore};
use annals_testing::conformance::{Backend, Skip};
use async_trait::async_trait;
use tempfile::TempDir;

annals_testing::conformance_suite!(Files::default());

/// Stores in directories of their own.
#[derive(Default)]
struct Files {
    directories: Mutex<HashMap<StoreId, TempDir>>,
}

impl Files {
    fn open_in(&self, directory: TempDir) -> Arc<dyn EventStore> {
        let options = EmbeddedOptions::in_memory();
        let store = EmbeddedStore::open_with(directory.path(), options).unwrap();
        let mut directories = self.directories.lock().unwrap();
        directories.insert(store.id(), directory);
        Arc::new(store)
    }
}

#[async_trait]
impl Backend for Files {
    async fn open(&self) -> Arc<dyn EventStore> {
        self.open_in(TempDir::new().unwrap())
    }

    /// Opens a copy of the files as they are now, while the store still runs: what a kill leaves.
    async fn restart(&self, store: Arc<dyn EventStore>) -> Result<Arc<dyn EventStore>, Skip> {
        let copy = TempDir::new().unwrap();
        let directory = self.directories.lock().unwrap().remove(&store.id());
        copy_files(directory.unwrap().path(), copy.path());
        Ok(self.open_in(copy))
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
