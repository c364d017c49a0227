//! Where a service has the keys of persons, and what is kept of them beside the log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use annals_core::{KeyStore, RootKeys, SideStore};
use annals_keys::{
    Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys, MemorySideStore, RootKeyDirectory,
};
#[cfg(feature = "postgres")]
use annals_postgres::{Postgres, PostgresKeys, PostgresSideStore};
use annals_sqlite::KeyDatabase;

use crate::error::Error;

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
        std::fs::create_dir_all(&keys_in).map_err(|source| Error::Directory {
            path: keys_in.clone(),
            source,
        })?;
        let store = KeyDatabase::open(keys_in.join("keys.db")).await?;
        let roots = RootKeyDirectory::open(root_keys_in).await?;
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
        let roots = RootKeyDirectory::open(root_keys_in).await?;
        let store = PostgresKeys::open(postgres);
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

fn keyring(store: impl KeyStore, roots: impl RootKeys, beside: impl SideStore) -> Arc<Keyring> {
    let (store, roots) = (Arc::new(store), Arc::new(roots));
    let keyring = Keyring::new(store, roots, KeyringOptions::default());
    Arc::new(keyring.with_side_store(Arc::new(beside)))
}
