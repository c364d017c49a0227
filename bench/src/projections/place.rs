//! Where read models are kept: in SQLite or PostgreSQL, each with its events.

use std::path::PathBuf;
use std::sync::Arc;

use annals_core::{EventStore, ReadModels};
use annals_embedded::EmbeddedStore;
use annals_postgres::{Postgres, PostgresReadModels, PostgresStore};
use annals_sqlite::Database as Sqlite;
use tempfile::TempDir;

use super::by_hand::{ByHand, PostgresByHand, Shape, SqliteByHand};
use crate::Outcome;
use crate::database::Database;

/// A database of read models, and the store of their events.
pub(super) struct Place {
    /// What it is called.
    pub(super) name: &'static str,
    /// What its plots begin with.
    pub(super) file: &'static str,
    pub(super) store: Arc<dyn EventStore>,
    pub(super) read_models: Arc<dyn ReadModels>,
    /// Events in a second that a rebuild is to take in, unless the bare database cannot.
    pub(super) least_per_second: f64,
    home: Home,
}

enum Home {
    Directory(TempDir),
    Database(Database),
}

impl Place {
    /// A directory with an embedded store and a SQLite database.
    pub(super) async fn sqlite() -> Outcome<Self> {
        let directory = TempDir::new()?;
        let database = Sqlite::open(directory.path().join("read_models.sqlite")).await?;
        Ok(Self {
            name: "SQLite",
            file: "sqlite",
            store: Arc::new(EmbeddedStore::open(directory.path().join("log"))?),
            read_models: Arc::new(database),
            least_per_second: 200_000.0,
            home: Home::Directory(directory),
        })
    }

    /// A database of its own on a PostgreSQL server.
    pub(super) async fn postgres(server: &str) -> Outcome<Self> {
        let database = Database::create(server, "projections").await?;
        let postgres = Postgres::connect(&database.url()).await?;
        Ok(Self {
            name: "PostgreSQL",
            file: "postgres",
            store: Arc::new(PostgresStore::open(&postgres).await?),
            read_models: Arc::new(PostgresReadModels::open(&postgres)),
            least_per_second: 100_000.0,
            home: Home::Database(database),
        })
    }

    /// The same database, written by hand; its table is empty.
    pub(super) async fn by_hand(&self, shape: Shape) -> Outcome<Box<dyn ByHand>> {
        Ok(match &self.home {
            Home::Directory(directory) => {
                let path: PathBuf = directory.path().join("by_hand.sqlite");
                Box::new(SqliteByHand::open(&path, shape)?)
            }
            Home::Database(database) => {
                Box::new(PostgresByHand::connect(&database.url(), shape).await?)
            }
        })
    }

    /// Writes to the disk what would disturb a measure later.
    pub(super) async fn settle(&self) -> Outcome {
        match &self.home {
            Home::Directory(_) => Ok(()),
            Home::Database(database) => database.settle().await,
        }
    }

    /// Drops what was made.
    pub(super) async fn clear(self) -> Outcome {
        match &self.home {
            Home::Directory(_) => Ok(()),
            Home::Database(database) => database.drop_if_exists().await,
        }
    }
}
