//! The log of a place, as it is found while nobody serves there.

use std::path::PathBuf;

use annals::embedded::EmbeddedStore;
use annals::postgres::{LeaseOptions, Postgres, PostgresLeases, PostgresStore};

use crate::books::Books;
use crate::place::NewPlace;

/// Where it is.
pub(crate) enum Log {
    Directory(PathBuf),
    Postgres(String),
}

impl Log {
    pub(crate) fn of(place: &NewPlace) -> Self {
        match place {
            NewPlace::Directory(path) => Self::Directory(path.path().join("log")),
            NewPlace::Postgres { url, .. } => Self::Postgres(url.expose().to_owned()),
        }
    }

    /// The leases of those that serve there.
    pub(crate) async fn leases(&self) -> PostgresLeases {
        let Self::Postgres(url) = self else {
            panic!("in a directory there is one process");
        };
        let postgres = Postgres::connect(url).await.unwrap();
        PostgresLeases::new(&postgres, LeaseOptions::default())
    }

    /// Enters all that was recorded since the last time.
    pub(crate) async fn enter_in(&self, books: &mut Books) {
        match self {
            Self::Directory(path) => books.read_on(&EmbeddedStore::open(path).unwrap()).await,
            Self::Postgres(url) => {
                let postgres = Postgres::connect(url).await.unwrap();
                books
                    .read_on(&PostgresStore::open(&postgres).await.unwrap())
                    .await;
            }
        }
    }
}
