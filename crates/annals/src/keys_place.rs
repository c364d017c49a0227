//! Where a service has the keys of persons, and what is kept of them beside the log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annals_core::{KeyStore, KeyStoreError, RootKeys, SideStore};
use annals_keys::{
    Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys, MemorySideStore, RootKeyDirectory,
};
#[cfg(feature = "postgres")]
use annals_postgres::{Postgres, PostgresKeys, PostgresSideStore};
use annals_sqlite::KeyDatabase;

use crate::error::Error;

/// A file in the data directory that says that its keys were made, so that a disk which is not mounted is
/// not taken for keys that are yet to be made.
const KEYS_MADE: &str = "keys-made";

/// What was said of keys when a service was declared.
#[derive(Default)]
pub(crate) struct DeclaredKeys {
    /// True if an event type with personal fields was declared.
    pub(crate) needed: bool,
    pub(crate) keyring: Option<Arc<Keyring>>,
    pub(crate) keys_in: Option<PathBuf>,
    pub(crate) root_keys_in: Option<PathBuf>,
}

impl DeclaredKeys {
    /// Of a service in a directory: in a directory below it, unless said otherwise.
    pub(crate) async fn beside(self, directory: &Path) -> Result<Option<Arc<Keyring>>, Error> {
        if self.is_settled()? {
            return Ok(self.keyring);
        }
        let keys_in = self.keys_in.unwrap_or_else(|| directory.join("keys"));
        let root_keys_in = self.root_keys_in.unwrap_or_else(|| keys_in.join("root"));
        warn_of_one_backup(directory, &root_keys_in);
        let (file, mark) = (keys_in.join("keys.db"), directory.join(KEYS_MADE));
        if mark.exists() && !file.exists() {
            return Err(Error::KeysMissing { keys: file, mark });
        }
        std::fs::create_dir_all(&keys_in).map_err(not_made(&keys_in))?;
        let store = KeyDatabase::open(&file).await?;
        let roots = root_keys(root_keys_in, &store, &file.to_string_lossy()).await?;
        std::fs::write(&mark, []).map_err(not_made(&mark))?;
        Ok(Some(keyring(store.clone(), roots, store)))
    }

    /// Of a service in memory.
    pub(crate) fn in_memory(self) -> Result<Option<Arc<Keyring>>, Error> {
        if self.keys_in.is_some() || self.root_keys_in.is_some() {
            let reason = "a service in memory has its keys there as well";
            return Err(Error::KeysElsewhere(reason));
        }
        if self.is_settled()? {
            return Ok(self.keyring);
        }
        let (store, roots) = (MemoryKeyStore::default(), MemoryRootKeys::new()?);
        Ok(Some(keyring(store, roots, MemorySideStore::default())))
    }

    /// Of a service in a database that has the keys beside the events: root keys must be elsewhere.
    #[cfg(feature = "postgres")]
    pub(crate) async fn in_database(
        self,
        postgres: &Postgres,
    ) -> Result<Option<Arc<Keyring>>, Error> {
        if self.keys_in.is_some() {
            let reason = "on PostgreSQL the keys are in the database: only root keys have a place of \
                          their own, by root_keys_in";
            return Err(Error::KeysElsewhere(reason));
        }
        if self.is_settled()? {
            return Ok(self.keyring);
        }
        let root_keys_in = self.root_keys_in.ok_or(Error::NoRootKeys)?;
        let store = PostgresKeys::open(postgres);
        let roots = root_keys(root_keys_in, &store, "the database").await?;
        let beside = PostgresSideStore::open(postgres);
        Ok(Some(keyring(store, roots, beside)))
    }

    /// Of a service on a store of one's own, about which nothing is known.
    pub(crate) fn of_ones_own(self) -> Result<Option<Arc<Keyring>>, Error> {
        match self.is_settled()? {
            true => Ok(self.keyring),
            false => Err(Error::NoKeyring),
        }
    }

    /// True if there is nothing to open: there is a keyring, or nobody needs one.
    fn is_settled(&self) -> Result<bool, Error> {
        let has_place = self.keys_in.is_some() || self.root_keys_in.is_some();
        if self.keyring.is_some() && has_place {
            let reason = "a keyring of one's own knows where its keys are";
            return Err(Error::KeysElsewhere(reason));
        }
        Ok(self.keyring.is_some() || !(self.needed || has_place))
    }
}

/// The root keys that the keys of a store are wrapped by.
async fn root_keys(
    directory: PathBuf,
    store: &dyn KeyStore,
    keys: &str,
) -> Result<RootKeyDirectory, Error> {
    let opened = RootKeyDirectory::open_for(&directory, store).await;
    opened.map_err(|source| match source {
        KeyStoreError::Damaged { .. } => Error::RootKeys {
            keys: keys.to_owned(),
            directory,
            source,
        },
        other => other.into(),
    })
}

fn warn_of_one_backup(data: &Path, root_keys: &Path) {
    if root_keys.starts_with(data) {
        tracing::warn!(
            root_keys = %root_keys.display(),
            "root keys are in the data directory: an old backup of it brings back who was erased since; \
             name another place by keys_in"
        );
    }
}

fn not_made(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    |source| Error::Directory { path, source }
}

fn keyring(store: impl KeyStore, roots: impl RootKeys, beside: impl SideStore) -> Arc<Keyring> {
    let (store, roots) = (Arc::new(store), Arc::new(roots));
    let keyring = Keyring::new(store, roots, KeyringOptions::default());
    Arc::new(keyring.with_side_store(Arc::new(beside)))
}
