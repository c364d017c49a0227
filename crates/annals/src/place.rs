//! Where a service keeps its events and read models: in a directory, in memory, in a database.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use annals_core::{EventStore, Leases, ReadModels, TableFold};
use annals_embedded::EmbeddedStore;
use annals_keys::Keyring;
#[cfg(feature = "postgres")]
use annals_postgres::{
    InlineProjection, LeaseOptions, Postgres, PostgresLeases, PostgresReadModels, PostgresStore,
};
use annals_sqlite::Database;

use crate::error::Error;
use crate::keys_place::DeclaredKeys;

/// Where events and read models are kept.
pub(crate) enum Place {
    Directory(PathBuf),
    Memory,
    #[cfg(feature = "postgres")]
    Postgres(String),
    /// A URL that nothing here can open.
    Unknown(String),
    Opened(Opened),
}

/// What a service runs on.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) read_models: Arc<dyn ReadModels>,
    /// Who keeps a read model up to date, where several processes could.
    pub(crate) leases: Option<Arc<dyn Leases>>,
    /// What personal data is sealed by, if there is any.
    pub(crate) keyring: Option<Arc<Keyring>>,
}

impl Place {
    /// A directory, unless it is a URL.
    pub(crate) fn at(place: &Path) -> Self {
        let Some((scheme, _)) = place.to_str().and_then(|place| place.split_once("://")) else {
            return Self::Directory(place.to_owned());
        };
        let url = place.to_string_lossy().into_owned();
        match scheme {
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => Self::Postgres(url),
            _ => Self::Unknown(url),
        }
    }

    pub(crate) async fn open(
        self,
        inline: Vec<TableFold>,
        keys: DeclaredKeys,
    ) -> Result<Opened, Error> {
        self.check_inline(&inline)?;
        match self {
            Self::Directory(path) => {
                std::fs::create_dir_all(&path).map_err(|source| Error::Directory {
                    path: path.clone(),
                    source,
                })?;
                // First: who finds the log open elsewhere leaves everything as it is.
                let store = EmbeddedStore::open(path.join("log"))?;
                let read_models = Database::open(path.join("read-models.db")).await?;
                Ok(embedded(store, read_models, keys.beside(&path).await?))
            }
            Self::Memory => Ok(embedded(
                EmbeddedStore::in_memory()?,
                Database::in_memory().await?,
                keys.in_memory()?,
            )),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let postgres = Postgres::connect(&url).await?;
                let inline = inline
                    .into_iter()
                    .map(InlineProjection::of_tables)
                    .collect();
                let store = PostgresStore::open_with_inline(&postgres, inline).await?;
                Ok(Opened {
                    store: Arc::new(store),
                    read_models: Arc::new(PostgresReadModels::open(&postgres)),
                    keyring: keys.in_database(&postgres).await?,
                    leases: Some(Arc::new(PostgresLeases::new(
                        &postgres,
                        LeaseOptions::default(),
                    ))),
                })
            }
            Self::Unknown(url) => Err(Error::UnknownPlace(without_secrets(&url))),
            Self::Opened(opened) => Ok(Opened {
                keyring: keys.of_ones_own()?,
                ..opened
            }),
        }
    }

    /// Inline projections are those of a store that can write to their tables.
    fn check_inline(&self, inline: &[TableFold]) -> Result<(), Error> {
        let Some(fold) = inline.first() else {
            return Ok(());
        };
        let reason = match self {
            Self::Directory(_) | Self::Memory => {
                "the embedded store keeps events and read models in separate files, which cannot \
                 commit together"
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => return Ok(()),
            // That is what will be said.
            Self::Unknown(_) => return Ok(()),
            Self::Opened(_) => "the store is open already",
        };
        let projection = fold.name();
        Err(Error::NotInline { projection, reason })
    }
}

/// One process has it for itself, so nobody needs a lease.
fn embedded(store: EmbeddedStore, read_models: Database, keyring: Option<Arc<Keyring>>) -> Opened {
    Opened {
        store: Arc::new(store),
        read_models: Arc::new(read_models),
        leases: None,
        keyring,
    }
}

/// A URL as it may be shown: a password could be in front of the `@`.
fn without_secrets(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}
