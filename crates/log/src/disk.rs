//! The disk as the log sees it: a directory of files whose changes last only once synced.
//!
//! [`FileDisk`] is a directory of the file system. [`MemoryDisk`] is a directory in memory: the disk of
//! stores that need not outlive their process, and, because it knows what was synced, the disk on which tests
//! cut the power.

mod files;
mod memory;

use std::io;
use std::sync::Arc;

pub use files::FileDisk;
pub use memory::{Call, Fault, Lasting, MemoryDisk, Unsynced};

/// What two operations of a disk must never share: held while the value lives.
pub type DiskLock = Box<dyn Send + Sync>;

/// A flat directory of files.
///
/// # Contract
///
/// 1. A change of the directory (create, rename, remove) survives a power cut only after
///    [`sync_directory`](Disk::sync_directory) returned.
/// 2. [`rename`](Disk::rename) is atomic: after a crash the target is the old file or the new one, never a mix.
/// 3. A file's bytes survive a power cut only after its [`sync`](DiskFile::sync) returned. Before that, any
///    subset of the changed sectors may be on the medium.
/// 4. A sync that failed says nothing about what is on the medium, and a later one that succeeds says nothing
///    about the changes before the failure.
pub trait Disk: Send + Sync {
    /// Names of all files, in any order.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file that exists, for reading and writing.
    ///
    /// # Errors
    /// `NotFound` when there is none, or whatever the file system reports.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Creates an empty file, or empties the one of that name.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file another name, replacing the file that had it.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes all changes of the directory so far durable.
    ///
    /// # Errors
    /// Whatever the file system reports; the changes may then be lost.
    fn sync_directory(&self) -> io::Result<()>;

    /// Takes the exclusive lock of that name, which ends with the returned value or with the process.
    ///
    /// # Errors
    /// `WouldBlock` when another holds it, or whatever the file system reports.
    fn lock(&self, name: &str) -> io::Result<DiskLock>;
}

/// One file of a [`Disk`], read and written at offsets.
pub trait DiskFile: Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn len(&self) -> io::Result<u64>;

    /// Whether it holds no bytes.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads some bytes at `offset` and says how many; none means the end of the file.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some of `bytes` at `offset` and says how many.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Cuts the file to `length`, or extends it with zeros.
    ///
    /// # Errors
    /// Whatever the file system reports.
    fn set_len(&self, length: u64) -> io::Result<()>;

    /// Makes its bytes and its length durable (`fdatasync`).
    ///
    /// # Errors
    /// Whatever the file system reports. Never try again: see point 4 of the contract of [`Disk`].
    fn sync(&self) -> io::Result<()>;

    /// Fills `buffer` from `offset`, going on after short and interrupted reads.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file ends first, or whatever the file system reports.
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.read_at(buffer, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    buffer = &mut buffer[read..];
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes all of `bytes` at `offset`, going on after short and interrupted writes.
    ///
    /// # Errors
    /// Whatever the file system reports; some of the bytes may be written.
    fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write_at(bytes, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    offset += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The bytes of a file, but no more than `limit`: its length is not to be trusted.
pub(crate) fn read_start(file: &dyn DiskFile, limit: u64) -> io::Result<Vec<u8>> {
    let length =
        usize::try_from(file.len()?.min(limit)).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
