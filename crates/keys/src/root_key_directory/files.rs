//! The files that root keys are in.
//!
//! ```text
//! directory   00000001-5f3a9c0d12345678.key   a root key, named by its id
//!             00000002-91be….tmp              one that was being written at a crash
//!
//! file        format 1 │ secret 32 │ check 16
//! ```
//!
//! The check is a hash of the id and the secret, so that a damaged file is told from a wrong one. A file
//! is written under another name and gets its own once its bytes are durable; its name is, too, before
//! anything is wrapped by it. One that must go is overwritten first.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annals_core::{KeyStoreError, RootId};
use zeroize::Zeroizing;

use crate::root_key::{RootKey, gone};

const FORMAT: u8 = 1;
const FILE_BYTES: usize = 1 + 32 + 16;

/// What a file with a root key is called behind its id.
const KEY: &str = ".key";
/// What it is called while it is written.
const UNFINISHED: &str = ".tmp";

/// A directory of root keys.
#[derive(Debug)]
pub(super) struct KeyFiles {
    directory: PathBuf,
}

impl KeyFiles {
    pub(super) fn at(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// True if the directory is there.
    pub(super) fn exist(&self) -> Result<bool, KeyStoreError> {
        self.told(self.directory.try_exists())
    }

    /// Makes the directory, with a first root key in it: both or neither.
    pub(super) fn make(&self, first: &RootKey) -> Result<(), KeyStoreError> {
        let mut unfinished = self.directory.clone().into_os_string();
        unfinished.push(format!(".{}{UNFINISHED}", first.id));
        let unfinished = Self::at(unfinished.into());
        let mut private = DirBuilder::new();
        unfinished.told(private.mode(0o700).create(&unfinished.directory))?;
        unfinished.write(first)?;
        match fs::rename(&unfinished.directory, &self.directory) {
            Err(_) if self.exist()? => unfinished.remove(&first.id),
            renamed => self.told(renamed.and_then(|()| sync(parent(&self.directory)))),
        }
    }

    /// Removes all of it: another process made the directory meanwhile.
    fn remove(&self, root: &RootId) -> Result<(), KeyStoreError> {
        self.destroy(&format!("{root}{KEY}"))?;
        self.told(fs::remove_dir(&self.directory))
    }

    /// All root keys there are, oldest first.
    pub(super) fn all(&self) -> Result<Vec<RootId>, KeyStoreError> {
        let mut all = self.named(KEY)?;
        all.sort();
        Ok(all)
    }

    /// The root key that was made last.
    pub(super) fn last(&self) -> Result<RootId, KeyStoreError> {
        let last = self.all()?.pop();
        last.ok_or_else(|| self.missing())
    }

    /// That there should be root keys.
    pub(super) fn missing(&self) -> KeyStoreError {
        self.damaged("no root key is there")
    }

    /// What is wrong with the directory.
    pub(super) fn damaged(&self, what: &str) -> KeyStoreError {
        let reason = format!("{}: {what}", self.directory.display());
        KeyStoreError::Damaged { reason }
    }

    pub(super) fn read(&self, root: &RootId) -> Result<RootKey, KeyStoreError> {
        let path = self.directory.join(format!("{root}{KEY}"));
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(gone(root)),
            file => self.told(file)?,
        };
        private(&path, &self.told(file.metadata())?)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES + 1));
        let mut beginning = file.take(FILE_BYTES as u64 + 1);
        self.told(beginning.read_to_end(&mut bytes))?;
        parsed(root, &bytes).ok_or_else(|| KeyStoreError::Damaged {
            reason: format!("{} holds no root key", path.display()),
        })
    }

    pub(super) fn write(&self, root: &RootKey) -> Result<(), KeyStoreError> {
        let [unfinished, finished] =
            [UNFINISHED, KEY].map(|end| self.directory.join(format!("{}{end}", root.id)));
        let write = || {
            let mut create = OpenOptions::new();
            let mut file = create
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(&content(root))?;
            file.sync_all()?;
            fs::rename(&unfinished, &finished)?;
            sync(&self.directory)
        };
        self.told(write())
    }

    /// Destroys all root keys before this one, and what is left of any that was not finished.
    pub(super) fn destroy_before(&self, root: &RootId) -> Result<(), KeyStoreError> {
        for end in [KEY, UNFINISHED] {
            for older in self.named(end)?.iter().filter(|it| *it < root) {
                self.destroy(&format!("{older}{end}"))?;
            }
        }
        self.told(sync(&self.directory))
    }

    fn destroy(&self, name: &str) -> Result<(), KeyStoreError> {
        let path = self.directory.join(name);
        let destroy = || {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            file.write_all(&[0; FILE_BYTES])?;
            file.sync_all()?;
            fs::remove_file(&path)
        };
        match destroy() {
            // Another process did it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            destroyed => self.told(destroyed),
        }
    }

    /// The root keys whose files end so, in any order.
    fn named(&self, end: &str) -> Result<Vec<RootId>, KeyStoreError> {
        let metadata = self.told(fs::metadata(&self.directory))?;
        private(&self.directory, &metadata)?;
        let mut named = Vec::new();
        for entry in self.told(fs::read_dir(&self.directory))? {
            let name = self.told(entry)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(end));
            named.extend(id.and_then(|id| RootId::new(id).ok()));
        }
        Ok(named)
    }

    /// What the file system said, with where.
    fn told<T>(&self, done: io::Result<T>) -> Result<T, KeyStoreError> {
        done.map_err(|error| {
            let said = format!("{}: {error}", self.directory.display());
            KeyStoreError::Unavailable(Arc::new(io::Error::new(error.kind(), said)))
        })
    }
}

fn content(root: &RootKey) -> Zeroizing<Vec<u8>> {
    let check = check(&root.id, root.secret());
    Zeroizing::new([&[FORMAT], &root.secret()[..], &check].concat())
}

fn parsed(root: &RootId, bytes: &[u8]) -> Option<RootKey> {
    let (format, rest) = bytes.split_first()?;
    let (secret, found) = rest.split_first_chunk::<32>()?;
    let is_whole = *format == FORMAT && *found == check(root, secret);
    is_whole.then(|| RootKey::new(root.clone(), Zeroizing::new(*secret)))
}

fn check(root: &RootId, secret: &[u8; 32]) -> [u8; 16] {
    let mut hash = blake3::Hasher::new_derive_key("annals 2026-11 check of a root key file");
    let hash = hash.update(secret).update(root.as_str().as_bytes());
    let mut check = [0; 16];
    hash.finalize_xof().fill(&mut check);
    check
}

/// Refuses what others than its owner have any right to.
fn private(path: &Path, metadata: &Metadata) -> Result<(), KeyStoreError> {
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let reason = format!("others have rights to {} (mode {mode:o})", path.display());
    Err(KeyStoreError::Exposed { reason })
}

/// Makes changes of a directory durable.
fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
