//! A directory of the file system as a disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Disk, DiskFile, DiskLock};

/// A directory of the file system.
///
/// Use a local file system on a device that honours a flush: a network file system may lose locks and syncs,
/// and a device that only pretends to flush loses what it acknowledged.
#[derive(Debug, Clone)]
pub struct FileDisk {
    directory: PathBuf,
}

impl FileDisk {
    /// Opens a directory, creating it and its parents, durably, when they are missing.
    ///
    /// # Errors
    /// Whatever the file system reports.
    pub fn open(directory: impl AsRef<Path>) -> io::Result<FileDisk> {
        let directory = std::path::absolute(directory)?;
        let missing: Vec<&Path> = directory
            .ancestors()
            .take_while(|path| !path.is_dir())
            .collect();
        fs::create_dir_all(&directory)?;
        for parent in missing.iter().filter_map(|path| path.parent()) {
            sync_path(parent)?;
        }
        Ok(FileDisk { directory })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl Disk for FileDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            // The log only writes names it can read: another name is not its file.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(
            OpenOptions::new()
                .read(true)
                .write(true)
                .open(self.path(name))?,
        ))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(options.open(self.path(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_directory(&self) -> io::Result<()> {
        sync_path(&self.directory)
    }

    fn lock(&self, name: &str) -> io::Result<DiskLock> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(self.path(name))?;
        file.try_lock().map_err(|refusal| match refusal {
            TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
            TryLockError::Error(error) => error,
        })?;
        Ok(Box::new(file))
    }
}

impl DiskFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, offset)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        File::set_len(self, length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

fn sync_path(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
