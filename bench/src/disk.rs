//! The disk's own rate: one small write and one `fdatasync` after the other.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

const FILE_BYTES: usize = 16 * 1024 * 1024;
const WRITE_BYTES: usize = 512;

/// Serial syncs per second of a zero-filled file in this directory.
pub(crate) fn syncs_per_second(directory: &Path, time: Duration) -> io::Result<f64> {
    let path = directory.join("fdatasync");
    let file = File::create(&path)?;
    file.write_all_at(&vec![0; FILE_BYTES], 0)?;
    file.sync_all()?;
    let started = Instant::now();
    let mut syncs = 0;
    while started.elapsed() < time {
        let offset = syncs * WRITE_BYTES % FILE_BYTES;
        file.write_all_at(&[7; WRITE_BYTES], offset as u64)?;
        file.sync_data()?;
        syncs += 1;
    }
    let rate = syncs as f64 / started.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}
