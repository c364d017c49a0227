//! Checkpoints: how far each projection has come, in the database it writes to.

use std::sync::{Arc, Mutex, PoisonError};

use annals_core::{
    ColumnValue, Fingerprint, Position, ProjectionBatch, ProjectionError, StoreId, StoredCheckpoint,
};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use crate::database::Database;
use crate::error::SqliteError;
use crate::value::Parameter;

/// The checkpoint of one projection, and what must be so for it to be moved.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    /// The projection, of an edition.
    projection: String,
    /// The declaration the tables must be of: they change under a projector of an older one.
    fingerprint: Fingerprint,
    /// The store it was resumed with.
    store: Mutex<Option<StoreId>>,
}

impl Checkpoint {
    pub(crate) fn new(projection: String, fingerprint: Fingerprint) -> Arc<Self> {
        let store = Mutex::new(None);
        Arc::new(Self {
            projection,
            fingerprint,
            store,
        })
    }

    /// Where to go on, for the store it belongs to from now on.
    pub(crate) async fn resume(
        self: &Arc<Self>,
        database: &Database,
        store: StoreId,
    ) -> Result<Position, ProjectionError> {
        let checkpoint = Arc::clone(self);
        let claim = move |tx: &Transaction<'_>| checkpoint.claim(tx, store);
        let position = database.transact(claim).await?;
        *self.store.lock().unwrap_or_else(PoisonError::into_inner) = Some(store);
        Ok(position)
    }

    /// Where it is, without taking it over.
    pub(crate) async fn position(
        self: &Arc<Self>,
        database: &Database,
        store: StoreId,
    ) -> Result<Position, ProjectionError> {
        let checkpoint = Arc::clone(self);
        let look = move |connection: &Connection| Ok(checkpoint.look(connection, store));
        database.query(look).await?
    }

    /// Where it is, as of the state that a connection sees.
    pub(crate) fn look(
        &self,
        connection: &Connection,
        store: StoreId,
    ) -> Result<Position, ProjectionError> {
        let stored = self.stored(connection)?;
        stored.position_for(&self.projection, self.fingerprint, store)
    }

    /// Moves it over a batch, unless it is not where the batch begins.
    pub(crate) fn advance(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<(), ProjectionError> {
        if let Some(store) = self.store() {
            if self.move_if_here(tx, store, batch)? {
                return Ok(());
            }
            self.stored(tx)?
                .position_for(&self.projection, self.fingerprint, store)?;
        }
        Err(ProjectionError::Moved {
            expected: batch.after,
            actual: self.stored(tx)?.position,
        })
    }

    /// Makes sure that the tables are those of this declaration. Answers with where it is.
    pub(crate) fn verify(&self, connection: &Connection) -> Result<Position, ProjectionError> {
        let stored = self.stored(connection)?;
        stored.verify(&self.projection, self.fingerprint)?;
        Ok(stored.position)
    }

    fn store(&self) -> Option<StoreId> {
        *self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(&self, tx: &Transaction<'_>, store: StoreId) -> Result<Position, ProjectionError> {
        let position = self
            .stored(tx)?
            .position_for(&self.projection, self.fingerprint, store)?;
        let claim = "update annals_checkpoints set store = ? where projection = ?";
        tx.execute(claim, params![store.to_string(), self.projection])
            .map_err(SqliteError::from)?;
        Ok(position)
    }

    fn move_if_here(
        &self,
        tx: &Transaction<'_>,
        store: StoreId,
        batch: &ProjectionBatch,
    ) -> Result<bool, SqliteError> {
        let mut statement = tx.prepare_cached(
            "update annals_checkpoints set position = ?
             where projection = ? and fingerprint = ? and store = ? and position = ?",
        )?;
        let rows = statement.execute(params![
            Parameter(&batch.up_to.to_value()),
            self.projection,
            self.fingerprint.0.to_string(),
            store.to_string(),
            Parameter(&batch.after.to_value()),
        ])?;
        Ok(rows == 1)
    }

    fn stored(&self, connection: &Connection) -> Result<StoredCheckpoint, SqliteError> {
        let missing = || SqliteError::Refused(rusqlite::Error::QueryReturnedNoRows);
        find(connection, &self.projection)?.ok_or_else(missing)
    }
}

/// The checkpoint of a projection, of an edition, if it is there.
pub(crate) fn find(
    connection: &Connection,
    projection: &str,
) -> Result<Option<StoredCheckpoint>, SqliteError> {
    let select = "select fingerprint, store, position from annals_checkpoints where projection = ?";
    let mut select = connection.prepare_cached(select)?;
    Ok(select.query_row([projection], stored).optional()?)
}

/// A checkpoint as it is kept.
fn stored(row: &Row<'_>) -> rusqlite::Result<StoredCheckpoint> {
    let UuidText(fingerprint) = row.get(0)?;
    let store: Option<UuidText> = row.get(1)?;
    let position: i64 = row.get(2)?;
    let position = u64::try_from(position)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(2, position))?;
    Ok(StoredCheckpoint {
        fingerprint: Fingerprint(fingerprint),
        store: store.map(|UuidText(store)| StoreId(store)),
        position: Position(position),
    })
}

/// Makes the table of checkpoints if it is not there.
pub(crate) fn create_table(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "create table if not exists annals_checkpoints (
           projection text not null primary key,
           fingerprint text not null,
           store text,
           position integer not null
         ) strict, without rowid",
    )
}

/// Puts a projection before the first event, of no store yet.
pub(crate) fn reset(
    tx: &Transaction<'_>,
    projection: &str,
    fingerprint: Fingerprint,
) -> rusqlite::Result<()> {
    let reset = "insert or replace into annals_checkpoints values (?, ?, null, 0)";
    tx.execute(reset, params![projection, fingerprint.0.to_string()])?;
    Ok(())
}

/// An id, kept as text for people who look into the database.
struct UuidText(Uuid);

impl FromSql for UuidText {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let id = Uuid::parse_str(value.as_str()?);
        id.map(Self).map_err(FromSqlError::other)
    }
}
