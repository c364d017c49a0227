//! Where sagas run: an embedded store with SQLite, or PostgreSQL.

use std::sync::Arc;

use annals_core::{EventStore, ReadModels};
use annals_embedded::EmbeddedStore;
use annals_postgres::{Postgres, PostgresReadModels, PostgresStore};
use annals_sqlite::Database as Sqlite;
use tempfile::TempDir;

use super::counted::Counted;
use crate::Outcome;
use crate::database::Database;

/// A store, and the database of the read models beside it.
pub(super) struct Place {
    /// What it is called.
    pub(super) name: &'static str,
    /// What its plots begin with.
    pub(super) file: &'static str,
    pub(super) store: Arc<Counted>,
    pub(super) read_models: Arc<dyn ReadModels>,
    home: Home,
}

enum Home {
    /// Gone with it.
    Directory {
        _directory: TempDir,
    },
    Database(Database),
}

impl Place {
    /// A directory.
    pub(super) async fn embedded() -> Outcome<Self> {
        let directory = TempDir::new()?;
        let database = Sqlite::open(directory.path().join("read_models.sqlite")).await?;
        let store = EmbeddedStore::open(directory.path().join("log"))?;
        Ok(Self {
            name: "embedded",
            file: "embedded",
            store: Arc::new(Counted::new(Arc::new(store))),
            read_models: Arc::new(database),
            home: Home::Directory {
                _directory: directory,
            },
        })
    }

    /// A database of its own on a PostgreSQL server.
    pub(super) async fn postgres(server: &str) -> Outcome<Self> {
        let database = Database::create(server, "sagas").await?;
        let postgres = Postgres::connect(&database.url()).await?;
        let store = PostgresStore::open(&postgres).await?;
        Ok(Self {
            name: "PostgreSQL",
            file: "postgres",
            store: Arc::new(Counted::new(Arc::new(store))),
            read_models: Arc::new(PostgresReadModels::open(&postgres)),
            home: Home::Database(database),
        })
    }

    /// The store, for whoever does not care that it counts.
    pub(super) fn events(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store) as _
    }

    /// Drops what was made.
    pub(super) async fn clear(self) -> Outcome {
        match &self.home {
            Home::Directory { .. } => Ok(()),
            Home::Database(database) => database.drop_if_exists().await,
        }
    }
}
