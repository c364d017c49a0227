//! The database: one writer and several readers that do not wait for each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use annals_core::{ReadModel, ReadModels, Table};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::task::spawn_blocking;

use crate::connections::{Connections, LONGEST_WAIT};
use crate::error::SqliteError;
use crate::schema;
use crate::turns::Turns;

/// How many reads run at once.
const READERS: usize = 4;

/// How many prepared statements each connection keeps.
const STATEMENTS: usize = 256;

/// A SQLite database of read models. Clones share their connections.
///
/// Every read sees one state, before or after a write, never in between. A call that finds no
/// connection free waits, five seconds at most.
///
/// ```
/// # use annals_sqlite::{Database, SqliteError};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), SqliteError> {
/// let database = Database::in_memory().await?;
/// database.write(|tx| tx.execute_batch("create table notes (text text) strict")).await?;
/// let notes: i64 = database
///     .read(|connection| connection.query_row("select count(*) from notes", [], |row| row.get(0)))
///     .await?;
/// assert_eq!(notes, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Database {
    writer: Arc<Connections>,
    readers: Arc<Connections>,
    /// Who moves a checkpoint, or lets it stand still.
    pub(crate) turns: Arc<Turns>,
}

/// When what was written is brought to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Synced {
    /// When SQLite tidies up.
    NowAndThen,
    /// Before each write is acknowledged.
    EachWrite,
}

impl Database {
    /// Opens the database in a file, made if it is not there.
    ///
    /// # Errors
    /// [`SqliteError::Open`] when the file cannot be made or is no database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        Self::open_synced(path.as_ref(), Synced::NowAndThen).await
    }

    /// Opens the database in a file, made if it is not there, for what is in no event and so cannot
    /// be made again: each write is on the disk before it is acknowledged.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_durable(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        Self::open_synced(path.as_ref(), Synced::EachWrite).await
    }

    async fn open_synced(path: &Path, synced: Synced) -> Result<Self, SqliteError> {
        let path = path.to_owned();
        let opening = spawn_blocking(move || {
            Self::open_file(&path, synced).map_err(|source| SqliteError::Open { path, source })
        });
        opening.await.unwrap_or_else(|failure| {
            let reason = failure.to_string();
            Err(SqliteError::Unavailable { reason })
        })
    }

    /// Makes a database in memory, gone with its last clone.
    ///
    /// It has one connection, so that reads and writes take turns.
    ///
    /// # Errors
    /// [`SqliteError::Open`] when there is no memory for it.
    pub async fn in_memory() -> Result<Self, SqliteError> {
        Self::of_one_connection(":memory:")
    }

    /// Makes a database in a file without a name, gone with its last clone, and with the process
    /// however that ends. It is where SQLite keeps temporary files: `SQLITE_TMPDIR` or `TMPDIR` says
    /// where, else it is `/var/tmp` or `/tmp`.
    ///
    /// It has one connection, so that reads and writes take turns.
    ///
    /// # Errors
    /// [`SqliteError::Open`] when there is no place for it.
    pub async fn temporary() -> Result<Self, SqliteError> {
        Self::of_one_connection("")
    }

    fn of_one_connection(name: &str) -> Result<Self, SqliteError> {
        let connection = Connection::open(name).and_then(configured);
        let connection = connection.and_then(with_own_tables);
        let connection = connection.map_err(|source| SqliteError::Open {
            path: PathBuf::from(name),
            source,
        })?;
        let writer = Connections::new(vec![connection]);
        let readers = Arc::clone(&writer);
        Ok(Self {
            writer,
            readers,
            turns: Arc::default(),
        })
    }

    /// Runs queries that all see one state. What they write is refused, or taken back.
    ///
    /// # Errors
    /// [`SqliteError`] when no connection became free, or what the queries returned.
    pub async fn read<T, R>(&self, read: R) -> Result<T, SqliteError>
    where
        T: Send + 'static,
        R: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.query(|connection| Ok(read(connection)?)).await
    }

    /// Runs statements in one transaction: all of them or none. Once begun it runs to its end,
    /// even if the caller no longer waits.
    ///
    /// # Errors
    /// [`SqliteError`] when no connection became free, or what the statements returned.
    pub async fn write<T, W>(&self, write: W) -> Result<T, SqliteError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        self.transact(|tx| Ok(write(tx)?)).await
    }

    /// The table of a typed read model, to be queried.
    pub fn table<R: ReadModel>(&self) -> Table<R> {
        let read_models: Arc<dyn ReadModels> = Arc::new(self.clone());
        Table::of(&read_models)
    }

    pub(crate) async fn query<T, R>(&self, read: R) -> Result<T, SqliteError>
    where
        T: Send + 'static,
        R: FnOnce(&Connection) -> Result<T, SqliteError> + Send + 'static,
    {
        let run = |connection: &mut Connection| {
            // Never committed: it only keeps all statements on one state.
            let state = connection.transaction()?;
            read(&state)
        };
        self.readers.run(run).await
    }

    /// As [`write`](Self::write), for statements that fail in ways of their own.
    ///
    /// # Errors
    /// What they returned, and then nothing is written; or [`SqliteError`], as an `E`.
    pub async fn transact<T, E, W>(&self, write: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqliteError> + Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let run = |connection: &mut Connection| {
            // Takes the lock first, so that what was read is still so when it is written.
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate);
            let tx = tx.map_err(SqliteError::from)?;
            let done = write(&tx)?;
            tx.commit().map_err(SqliteError::from)?;
            Ok(done)
        };
        self.writer.run(run).await
    }

    fn open_file(path: &Path, synced: Synced) -> rusqlite::Result<Self> {
        let writer = configured(Connection::open(path)?)?;
        // Readers go on while one writes; only this mode has that.
        writer.pragma_update(None, "journal_mode", "wal")?;
        if synced == Synced::EachWrite {
            writer.pragma_update(None, "synchronous", "full")?;
        }
        let writer = with_own_tables(writer)?;
        let reader = |_| {
            let reader = configured(Connection::open(path)?)?;
            reader.pragma_update(None, "query_only", true)?;
            Ok(reader)
        };
        let readers = (0..READERS).map(reader).collect::<rusqlite::Result<_>>()?;
        Ok(Self {
            writer: Connections::new(vec![writer]),
            readers: Connections::new(readers),
            turns: Arc::default(),
        })
    }
}

fn configured(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(LONGEST_WAIT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // After a power cut the last transactions may be missing, but each with its checkpoint: they
    // are applied again from the log, which is the truth. A sync for each would buy nothing.
    connection.pragma_update(None, "synchronous", "normal")?;
    // A view made by hand names a table. It goes on to do so when another edition takes the name, and
    // hinders none of them.
    connection.pragma_update(None, "legacy_alter_table", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Makes the tables that are not those of any projection, if they are not there.
fn with_own_tables(mut connection: Connection) -> rusqlite::Result<Connection> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::create_own_tables(&tx)?;
    tx.commit()?;
    Ok(connection)
}
