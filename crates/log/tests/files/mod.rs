//! The files of a log as bytes.

use annals_log::{Disk, MemoryDisk};

/// The bytes of a file.
pub(crate) fn bytes(disk: &MemoryDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

/// Makes a file hold these bytes, durably.
pub(crate) fn put(disk: &MemoryDisk, name: &str, bytes: &[u8]) {
    let file = disk.create(name).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file.sync().unwrap();
    disk.sync_directory().unwrap();
}
