//! Root keys in a directory of their own.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use annals_core::{KeyId, KeyStoreError, RootId, RootKeys, SubjectId, WrappedKey};
use async_trait::async_trait;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use self::files::KeyFiles;
use crate::randomness::{Randomness, SystemRandomness};
use crate::root_key::{Bound, RootKey, gone};

mod files;
mod of_a_store;

/// Root keys in a directory of their own, a file for each. All processes of a machine may share it.
///
/// Nobody but its owner may read it, neither directory nor files; what others can read is refused. Keep
/// it apart from the key store, and from backups of anything else: who has both can read everything.
///
/// A root key that is replaced is overwritten before its file goes. On disks that write elsewhere than
/// they are told to (flash, and file systems that copy on write or keep snapshots) its bytes may last all
/// the same. Where that matters, let a key management service hold the root keys.
pub struct RootKeyDirectory {
    files: Arc<KeyFiles>,
    randomness: Arc<dyn Randomness>,
}

impl RootKeyDirectory {
    /// Opens a directory that was made before. One that is not there, or empty, is refused: it looks like
    /// a disk that is not mounted.
    ///
    /// # Errors
    /// [`KeyStoreError`]: each says what to do.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, KeyStoreError> {
        let directory = Self::at(path.into(), Arc::new(SystemRandomness));
        let current = |files: &KeyFiles, _: &dyn Randomness| match files.exist()? {
            true => files.read(&files.last()?).map(drop),
            false => Err(files.missing()),
        };
        directory.run(current).await?;
        Ok(directory)
    }

    /// Opens the directory, made with a first root key in it if there is none: for whoever knows that no
    /// key was ever wrapped by one that should be there. One that is there and empty is refused.
    ///
    /// # Errors
    /// [`KeyStoreError`]: each says what to do.
    pub async fn open_or_make(path: impl Into<PathBuf>) -> Result<Self, KeyStoreError> {
        Self::open_or_make_with(path, Arc::new(SystemRandomness)).await
    }

    /// The same, with another source of new keys.
    ///
    /// # Errors
    /// As [`open_or_make`](Self::open_or_make).
    pub async fn open_or_make_with(
        path: impl Into<PathBuf>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, KeyStoreError> {
        let directory = Self::at(path.into(), randomness);
        let current = |files: &KeyFiles, randomness: &dyn Randomness| {
            if !files.exist()? {
                files.make(&RootKey::after(None, randomness)?)?;
            }
            files.read(&files.last()?)
        };
        directory.run(current).await?;
        Ok(directory)
    }

    fn at(path: PathBuf, randomness: Arc<dyn Randomness>) -> Self {
        let files = Arc::new(KeyFiles::at(path));
        Self { files, randomness }
    }

    /// Runs work on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&KeyFiles, &dyn Randomness) -> Result<T, KeyStoreError> + Send + 'static,
    ) -> Result<T, KeyStoreError> {
        let (files, randomness) = (Arc::clone(&self.files), Arc::clone(&self.randomness));
        let done = spawn_blocking(move || work(&files, &*randomness)).await;
        done.unwrap_or_else(|failure| Err(KeyStoreError::Unavailable(Arc::new(failure))))
    }
}

#[async_trait]
impl RootKeys for RootKeyDirectory {
    async fn current(&self) -> Result<RootId, KeyStoreError> {
        self.run(|files, _| files.last()).await
    }

    async fn wrap(
        &self,
        subject: &SubjectId,
        key: KeyId,
        secret: &[u8; 32],
    ) -> Result<WrappedKey, KeyStoreError> {
        let root = self.run(|files, _| files.read(&files.last()?)).await?;
        root.wrap(Bound { subject, key }, secret, &*self.randomness)
    }

    async fn unwrap(
        &self,
        subject: &SubjectId,
        key: &WrappedKey,
    ) -> Result<Zeroizing<[u8; 32]>, KeyStoreError> {
        let id = key.root.clone();
        let root = self.run(move |files, _| files.read(&id)).await?;
        let bound = Bound {
            subject,
            key: key.id,
        };
        root.unwrap(bound, &key.bytes)
    }

    async fn begin_rotation(&self) -> Result<RootId, KeyStoreError> {
        let begin = |files: &KeyFiles, randomness: &dyn Randomness| match &files.all()?[..] {
            [only] => {
                let next = RootKey::after(Some(only), randomness)?;
                files.write(&next)?;
                files.last()
            }
            _ => files.last(),
        };
        self.run(begin).await
    }

    async fn finish_rotation(&self, root: &RootId) -> Result<(), KeyStoreError> {
        let root = root.clone();
        let finish = move |files: &KeyFiles, _: &dyn Randomness| {
            if !files.all()?.contains(&root) {
                return Err(gone(&root));
            }
            files.destroy_before(&root)
        };
        self.run(finish).await
    }
}

impl fmt::Debug for RootKeyDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootKeyDirectory")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
