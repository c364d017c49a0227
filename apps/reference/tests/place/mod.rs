//! A place of its own for each test that starts a bank more than once.

use std::ffi::OsString;

use annals_reference::place::{Place, StoreUrl};
use tempfile::TempDir;

use crate::schema::url_of_a_new_schema;

/// A place that holds nothing yet, and that nobody else uses.
pub(crate) enum NewPlace {
    /// Gone with it.
    Directory(TempDir),
    Postgres(StoreUrl),
}

impl NewPlace {
    pub(crate) fn directory() -> Self {
        Self::Directory(TempDir::new().unwrap())
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(url_of_a_new_schema())
    }

    /// Where a bank is opened.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Directory(directory) => Place::Directory(directory.path().to_owned()),
            Self::Postgres(url) => Place::Postgres(url.clone()),
        }
    }

    /// What tells it to the program: a variable and its value.
    pub(crate) fn variable(&self) -> (&'static str, OsString) {
        match self {
            Self::Directory(directory) => ("ANNALS_DATA_DIR", directory.path().into()),
            Self::Postgres(url) => ("ANNALS_STORE", url.expose().into()),
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
