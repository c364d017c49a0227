//! A disk whose syncs a test can hold back and count.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use annals_embedded::{Disk, DiskFile, DiskLock, MemoryDisk};

/// A disk in memory whose syncs wait while the gate is closed.
#[derive(Clone, Default)]
pub(crate) struct GatedDisk {
    disk: MemoryDisk,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, Clone, Copy)]
struct State {
    closed: bool,
    waiting: u64,
    passed: u64,
}

impl GatedDisk {
    /// Holds back every sync from now on.
    pub(crate) fn close_gate(&self) {
        self.gate.state.lock().unwrap().closed = true;
    }

    /// Lets all syncs pass.
    pub(crate) fn open_gate(&self) {
        self.gate.state.lock().unwrap().closed = false;
        self.gate.changed.notify_all();
    }

    /// Waits until a sync is held back.
    pub(crate) fn wait_for_a_sync(&self) {
        let state = self.gate.state.lock().unwrap();
        let held = self
            .gate
            .changed
            .wait_while(state, |state| state.waiting == 0);
        drop(held.unwrap());
    }

    /// How many syncs of files have passed.
    pub(crate) fn syncs(&self) -> u64 {
        self.gate.state.lock().unwrap().passed
    }
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.waiting += 1;
        self.changed.notify_all();
        let mut state = self
            .changed
            .wait_while(state, |state| state.closed)
            .unwrap();
        state.waiting -= 1;
        state.passed += 1;
    }
}

impl Disk for GatedDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.gated(self.disk.open(name)?)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.gated(self.disk.create(name)?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.disk.sync_directory()
    }

    fn lock(&self, name: &str) -> io::Result<DiskLock> {
        self.disk.lock(name)
    }
}

impl GatedDisk {
    fn gated(&self, file: Arc<dyn DiskFile>) -> io::Result<Arc<dyn DiskFile>> {
        let gate = Arc::clone(&self.gate);
        Ok(Arc::new(GatedFile { file, gate }))
    }
}

struct GatedFile {
    file: Arc<dyn DiskFile>,
    gate: Arc<Gate>,
}

impl DiskFile for GatedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.file.write_at(bytes, offset)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.gate.pass();
        self.file.sync()
    }
}
