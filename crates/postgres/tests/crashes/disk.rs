//! A file system in an image file, whose power can be cut.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// More than the tests write; the file is sparse.
const BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// How to make a file system.
#[derive(Clone, Copy)]
pub(crate) enum FileSystem {
    Ext4,
    Xfs,
}

/// A mounted file system. Dropping it unmounts it.
pub(crate) struct Disk {
    image: PathBuf,
    mount_point: PathBuf,
    _folder: TempDir,
}

impl Disk {
    /// Makes and mounts a file system; why not, where that is not allowed.
    pub(crate) fn new(file_system: FileSystem) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("annals-disk-")
            .tempdir()
            .unwrap();
        // The server has an account of its own.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let image = folder.path().join("image");
        let mount_point = folder.path().join("mounted");
        File::create(&image).unwrap().set_len(BYTES).unwrap();
        fs::create_dir(&mount_point).unwrap();
        let make = match file_system {
            FileSystem::Ext4 => "mkfs.ext4",
            FileSystem::Xfs => "mkfs.xfs",
        };
        run(make, &["-q".as_ref(), &image])?;
        mount(&image, &mount_point)?;
        Ok(Self {
            image,
            mount_point,
            _folder: folder,
        })
    }

    /// A folder on it.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.mount_point.join(name)
    }

    /// Cuts the power: from now on nothing reaches the image, not even what is in the file
    /// system's own journal and not yet written.
    pub(crate) fn cut_power(&self) {
        run(
            "xfs_io",
            &[
                "-x".as_ref(),
                "-c".as_ref(),
                "shutdown".as_ref(),
                &self.mount_point,
            ],
        )
        .unwrap();
    }

    /// Comes up again with what has reached the image. Nobody may use it any more.
    pub(crate) fn power_on(&self) {
        run("umount", &[&self.mount_point]).unwrap();
        mount(&self.image, &self.mount_point).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, in case something still uses it.
        let _ = run("umount", &["--lazy".as_ref(), &self.mount_point]);
    }
}

fn mount(image: &Path, mount_point: &Path) -> Result<(), String> {
    run(
        "mount",
        &["-o".as_ref(), "loop".as_ref(), image, mount_point],
    )
}

fn run(program: &str, arguments: &[&Path]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program}: {}", said.trim()))
}
