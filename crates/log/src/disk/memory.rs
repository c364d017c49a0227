//! A disk in memory that knows what was synced.

mod contents;
mod directory;
mod faults;

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use contents::{Contents, SECTOR};
use directory::Directory;
use faults::Faults;

pub use faults::{Call, Fault, Lasting};

use super::{Disk, DiskFile, DiskLock};

/// A disk in memory; a clone is the same disk.
///
/// It keeps apart what was written and what was synced, so that a test can ask for the disk
/// [after a crash](MemoryDisk::after_crash), and it fails on request.
///
/// ```
/// use annals_log::{Disk, MemoryDisk};
///
/// let disk = MemoryDisk::new();
/// disk.create("a")?.sync()?;
/// disk.sync_directory()?;
/// disk.create("b")?.sync()?; // but its name is not synced
///
/// assert_eq!(disk.after_crash().list()?, ["a"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct MemoryDisk {
    shared: Arc<Shared>,
}

/// Something a power cut may or may not leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsynced<'a> {
    /// A change of the directory that gave or took away this name. Asked in the order the changes were made;
    /// the first that is lost takes all later ones with it, as in a journal.
    Entry(&'a str),
    /// A sector of 512 bytes of the file of this name, by its offset.
    Sector(&'a str, u64),
}

#[derive(Default)]
struct Shared {
    directory: Mutex<Directory>,
    faults: Mutex<Faults>,
    locks: Mutex<HashSet<String>>,
}

impl MemoryDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> MemoryDisk {
        MemoryDisk::default()
    }

    /// The disk as a power cut at this moment leaves it when nothing unsynced survives. A disk of its own: this
    /// one goes on untouched.
    #[must_use]
    pub fn after_crash(&self) -> MemoryDisk {
        self.after_crash_keeping(|_| false)
    }

    /// The disk as a power cut leaves it when of all that is unsynced exactly what `survives` says was
    /// written: a torn write.
    #[must_use]
    pub fn after_crash_keeping(
        &self,
        mut survives: impl FnMut(Unsynced<'_>) -> bool,
    ) -> MemoryDisk {
        let directory = self.directory().after_crash(&mut survives);
        let faults = Faults::of_disk_with(directory.bytes());
        MemoryDisk {
            shared: Arc::new(Shared {
                directory: Mutex::new(directory),
                faults: Mutex::new(faults),
                locks: Mutex::default(),
            }),
        }
    }

    /// Makes a later call fail.
    pub fn inject(&self, fault: Fault) {
        self.faults().inject(fault);
    }

    /// Ends an injected fault and lifts the capacity limit.
    pub fn heal(&self) {
        self.faults().heal();
    }

    /// Limits all files together to so many bytes more than they hold now; a write past it is short, and the
    /// next one fails with `StorageFull`.
    pub fn leave_free(&self, bytes: u64) {
        self.faults().leave_free(bytes);
    }

    /// How many calls the disk has answered, counting those that failed.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.faults().calls()
    }

    fn directory(&self) -> MutexGuard<'_, Directory> {
        self.shared
            .directory
            .lock()
            .expect("nothing panics while it holds the directory")
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.shared
            .faults
            .lock()
            .expect("nothing panics while it holds the faults")
    }

    fn file(&self, contents: Arc<Mutex<Contents>>) -> Arc<dyn DiskFile> {
        Arc::new(MemoryFile {
            disk: self.clone(),
            contents,
        })
    }
}

impl Disk for MemoryDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        self.faults().meet(Call::Read)?;
        Ok(self.directory().names())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.faults().meet(Call::Read)?;
        let contents = self.directory().find(name)?;
        Ok(self.file(contents))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.faults().meet(Call::Write)?;
        let (contents, freed) = self.directory().create(name);
        self.faults().free(freed);
        Ok(self.file(contents))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.faults().meet(Call::Write)?;
        let freed = self.directory().rename(from, to)?;
        self.faults().free(freed);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.faults().meet(Call::Write)?;
        let freed = self.directory().remove(name)?;
        self.faults().free(freed);
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.faults().meet(Call::Sync)?;
        self.directory().sync();
        Ok(())
    }

    fn lock(&self, name: &str) -> io::Result<DiskLock> {
        self.faults().meet(Call::Write)?;
        let mut locks = self
            .shared
            .locks
            .lock()
            .expect("nothing panics while it holds the locks");
        if !locks.insert(name.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(MemoryLock {
            disk: self.clone(),
            name: name.to_owned(),
        }))
    }
}

struct MemoryLock {
    disk: MemoryDisk,
    name: String,
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.disk
            .shared
            .locks
            .lock()
            .expect("nothing panics while it holds the locks")
            .remove(&self.name);
    }
}

struct MemoryFile {
    disk: MemoryDisk,
    contents: Arc<Mutex<Contents>>,
}

impl MemoryFile {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents
            .lock()
            .expect("nothing panics while it holds a file")
    }
}

impl DiskFile for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        self.disk.faults().meet(Call::Read)?;
        Ok(self.contents().len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.faults().meet(Call::Read)?;
        Ok(self.contents().read(buffer, index(offset)))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let offset = index(offset);
        let mut contents = self.contents();
        if let Err(error) = self.disk.faults().meet(Call::Write) {
            // A real write may fail half way: leave what such a failure leaves.
            let written = whole_sectors(offset, bytes.len() / 2);
            if offset + written <= contents.len() {
                contents.write(&bytes[..written], offset);
            }
            return Err(error);
        }
        let growth = (offset + bytes.len()).saturating_sub(contents.len());
        let missing = growth - self.disk.faults().take(growth);
        if missing > 0 && missing >= bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = bytes.len() - missing;
        contents.write(&bytes[..written], offset);
        Ok(written)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.disk.faults().meet(Call::Write)?;
        let freed = self.contents().set_len(index(length));
        self.disk.faults().free(freed);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let met = self.disk.faults().meet(Call::Sync);
        match met {
            Ok(()) => self.contents().sync(),
            Err(_) => self.contents().fail_sync(),
        }
        met
    }
}

/// How many of `length` bytes from `offset` lie before the end of the last whole sector.
fn whole_sectors(offset: usize, length: usize) -> usize {
    let end = offset + length;
    (end - end % SECTOR).saturating_sub(offset)
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("a file in memory is addressed by usize")
}
