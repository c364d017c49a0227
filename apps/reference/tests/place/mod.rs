//! A place of its own for each test that starts a bank more than once.

use std::ffi::OsString;

use annals_reference::place::{Place, StoreUrl};
use tempfile::TempDir;

use crate::schema::url_of_a_new_schema;

/// A place that holds nothing yet, and that nobody else uses.
pub(crate) enum NewPlace {
    /// Gone with it.
    Directory(TempDir),
    /// Its root keys are in a directory below that one, gone with it.
    Postgres { url: StoreUrl, root_keys: TempDir },
}

impl NewPlace {
    pub(crate) fn directory() -> Self {
        Self::Directory(TempDir::new().unwrap())
    }

    pub(crate) fn postgres() -> Self {
        Self::at(url_of_a_new_schema())
    }

    pub(crate) fn at(url: StoreUrl) -> Self {
        let root_keys = TempDir::new().unwrap();
        Self::Postgres { url, root_keys }
    }

    /// Where a bank is opened.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Directory(directory) => Place::directory(directory.path()),
            Self::Postgres { url, root_keys } => Place::Postgres {
                url: url.clone(),
                root_keys: root_keys.path().join("root"),
            },
        }
    }

    /// What tells it to the program: variables and their values.
    pub(crate) fn variables(&self) -> Vec<(&'static str, OsString)> {
        match self {
            Self::Directory(directory) => vec![
                ("ANNALS_DATA_DIR", directory.path().into()),
                ("ANNALS_KEYS_DIR", directory.path().join("keys").into()),
            ],
            Self::Postgres { url, root_keys } => vec![
                ("ANNALS_STORE", url.expose().into()),
                ("ANNALS_KEYS_DIR", root_keys.path().join("root").into()),
            ],
        }
    }
}

/// Makes tests of scenarios: each in a directory, and on PostgreSQL.
macro_rules! in_each_place {
    ($($scenario:ident),+ $(,)?) => {
        mod in_a_directory {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $scenario() {
                    super::$scenario(crate::place::NewPlace::directory()).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $scenario() {
                    super::$scenario(crate::place::NewPlace::postgres()).await;
                }
            )+
        }
    };
}

pub(crate) use in_each_place;
