//! New segment files: zeros first, then a header, then a name.
//!
//! A file full of synced zeros makes commits cheap (neither its size nor its blocks change any more), meets a full
//! disk before a commit does, and makes what a torn write left recognisable. Filling one takes a while, so a
//! thread does it ahead.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::disk::{Disk, DiskFile};
use crate::error::WriteFault;
use crate::segment::{SegmentHeader, segment_name};

/// The name of a file that is not a segment yet.
const NEXT: &str = "next.tmp";

const CHUNK_BYTES: u32 = 1024 * 1024;

type Prepared = Result<Arc<dyn DiskFile>, WriteFault>;

/// The next segment, perhaps being prepared.
pub(crate) struct Preparation {
    disk: Arc<dyn Disk>,
    ahead: Option<JoinHandle<Prepared>>,
}

impl Preparation {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Preparation {
        Preparation { disk, ahead: None }
    }

    /// Prepares a file in a thread, unless that was begun. How it ends matters only when the file is needed.
    pub(crate) fn start(&mut self, bytes: u32) {
        if self.ahead.is_none() {
            let disk = Arc::clone(&self.disk);
            let thread = thread::Builder::new().name("annals-log-prepare".to_owned());
            self.ahead = thread.spawn(move || zero_filled(&*disk, bytes)).ok();
        }
    }

    /// The prepared file. One that failed for lack of space is tried once more; a failed sync is final.
    pub(crate) fn finish(&mut self, bytes: u32) -> Prepared {
        match self.ahead.take().map(join) {
            Some(Ok(file)) => Ok(file),
            Some(Err(WriteFault::Unknown(cause))) => Err(WriteFault::Unknown(cause)),
            Some(Err(WriteFault::Undone(_))) | None => zero_filled(&*self.disk, bytes),
        }
    }
}

impl Drop for Preparation {
    fn drop(&mut self) {
        // The thread must not write to the directory when another may have locked it.
        if let Some(thread) = self.ahead.take() {
            let _ = thread.join();
        }
    }
}

/// A durable file of zeros under a name of its own.
pub(crate) fn zero_filled(disk: &dyn Disk, bytes: u32) -> Prepared {
    let file = disk.create(NEXT).map_err(WriteFault::Undone)?;
    if let Err(cause) = fill(&*file, bytes) {
        // Without its part of the space others may go on; if this fails too, the next open removes it.
        let _ = disk.remove(NEXT);
        return Err(WriteFault::Undone(cause));
    }
    file.sync().map_err(WriteFault::Unknown)?;
    Ok(file)
}

/// Makes the prepared file a segment, durably.
pub(crate) fn install(
    disk: &dyn Disk,
    file: &dyn DiskFile,
    header: &SegmentHeader,
) -> Result<(), WriteFault> {
    file.write_all_at(&header.encode(), 0)
        .map_err(WriteFault::Undone)?;
    file.sync().map_err(WriteFault::Unknown)?;
    disk.rename(NEXT, &segment_name(header.first))
        .map_err(WriteFault::Undone)?;
    disk.sync_directory().map_err(WriteFault::Unknown)
}

/// Removes what a stop left half prepared.
pub(crate) fn remove_leftover(disk: &dyn Disk) -> io::Result<()> {
    match disk.remove(NEXT) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn fill(file: &dyn DiskFile, bytes: u32) -> io::Result<()> {
    let zeros = vec![0; bytes.min(CHUNK_BYTES) as usize];
    for start in (0..bytes).step_by(CHUNK_BYTES as usize) {
        let length = (bytes - start).min(CHUNK_BYTES) as usize;
        file.write_all_at(&zeros[..length], start.into())?;
    }
    Ok(())
}

fn join(thread: JoinHandle<Prepared>) -> Prepared {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
