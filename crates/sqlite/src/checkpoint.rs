//! Checkpoints: how far each projection has come, in the database it writes to.

use std::sync::{Arc, Mutex, PoisonError};

use annals_core::{
    ColumnValue, EditionId, Fingerprint, Position, ProjectionBatch, ProjectionError, StoreId,
    StoredCheckpoint, Timestamp,
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
    claim: Mutex<Option<Claim>>,
}

/// What the last resume made sure of.
#[derive(Debug, Clone, Copy)]
struct Claim {
    store: StoreId,
    edition: EditionId,
}

impl Checkpoint {
    pub(crate) fn new(projection: String, fingerprint: Fingerprint) -> Arc<Self> {
        let claim = Mutex::new(None);
        Arc::new(Self {
            projection,
            fingerprint,
            claim,
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
        let (position, edition) = database.transact(claim).await?;
        let claim = Claim { store, edition };
        *self.claim.lock().unwrap_or_else(PoisonError::into_inner) = Some(claim);
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
        let (position, _edition) = database.query(look).await??;
        Ok(position)
    }

    /// Where it is and of which edition, as of the state that a connection sees.
    pub(crate) fn look(
        &self,
        connection: &Connection,
        store: StoreId,
    ) -> Result<(Position, EditionId), ProjectionError> {
        let stored = self.stored(connection)?;
        let position = stored.position_for(&self.projection, self.fingerprint, store)?;
        Ok((position, stored.edition))
    }

    /// Moves it over a batch, unless it is not where the batch begins.
    pub(crate) fn advance(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<(), ProjectionError> {
        if let Some(claim) = self.claimed() {
            if self.move_if_here(tx, claim, batch)? {
                return Ok(());
            }
            self.look(tx, claim.store)?;
        }
        Err(ProjectionError::Moved {
            expected: batch.after,
            actual: self.stored(tx)?.position,
        })
    }

    /// Makes sure that the tables are those of this declaration. Answers with what it is.
    pub(crate) fn verify(
        &self,
        connection: &Connection,
    ) -> Result<StoredCheckpoint, ProjectionError> {
        let stored = self.stored(connection)?;
        stored.verify(&self.projection, self.fingerprint)?;
        Ok(stored)
    }

    fn claimed(&self) -> Option<Claim> {
        *self.claim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(
        &self,
        tx: &Transaction<'_>,
        store: StoreId,
    ) -> Result<(Position, EditionId), ProjectionError> {
        let found = self.look(tx, store)?;
        let claim = "update annals_checkpoints set store = ? where projection = ?";
        tx.execute(claim, params![store.to_string(), self.projection])
            .map_err(SqliteError::from)?;
        Ok(found)
    }

    fn move_if_here(
        &self,
        tx: &Transaction<'_>,
        claim: Claim,
        batch: &ProjectionBatch,
    ) -> Result<bool, SqliteError> {
        let mut statement = tx.prepare_cached(
            "update annals_checkpoints set position = ?
             where projection = ? and fingerprint = ? and store = ? and edition = ? and position = ?",
        )?;
        let rows = statement.execute(params![
            Parameter(&batch.up_to.to_value()),
            self.projection,
            self.fingerprint.0.to_string(),
            claim.store.to_string(),
            claim.edition.0.simple().to_string(),
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
    let select = "select fingerprint, store, position, edition
                  from annals_checkpoints where projection = ?";
    let mut select = connection.prepare_cached(select)?;
    Ok(select.query_row([projection], stored).optional()?)
}

/// When another edition took the place of one; none unless it is a previous one.
pub(crate) fn replaced_at(
    connection: &Connection,
    projection: &str,
) -> Result<Option<Timestamp>, SqliteError> {
    let select = "select replaced_at from annals_checkpoints where projection = ?";
    let replaced_at: Option<Option<i64>> = connection
        .query_row(select, [projection], |row| row.get(0))
        .optional()?;
    let replaced_at = replaced_at.flatten().map(|micros| {
        // Only what was a time was written.
        let damaged = rusqlite::Error::IntegralValueOutOfRange(0, micros);
        Timestamp::from_microsecond(micros).map_err(|_| SqliteError::Damaged(damaged))
    });
    replaced_at.transpose()
}

/// Notes when another edition took the place of one; none: no other has.
pub(crate) fn set_replaced_at(
    tx: &Transaction<'_>,
    projection: &str,
    replaced_at: Option<Timestamp>,
) -> Result<(), SqliteError> {
    let update = "update annals_checkpoints set replaced_at = ? where projection = ?";
    let replaced_at = replaced_at.map(Timestamp::as_microsecond);
    tx.execute(update, params![replaced_at, projection])?;
    Ok(())
}

/// A checkpoint as it is kept.
fn stored(row: &Row<'_>) -> rusqlite::Result<StoredCheckpoint> {
    let UuidText(fingerprint) = row.get(0)?;
    let store: Option<UuidText> = row.get(1)?;
    let position: i64 = row.get(2)?;
    let position = u64::try_from(position)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(2, position))?;
    let UuidText(edition) = row.get(3)?;
    Ok(StoredCheckpoint {
        fingerprint: Fingerprint(fingerprint),
        store: store.map(|UuidText(store)| StoreId(store)),
        position: Position(position),
        edition: EditionId(edition),
    })
}

/// Makes the table of checkpoints if it is not there.
pub(crate) fn create_table(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "create table if not exists annals_checkpoints (
           projection text not null primary key,
           fingerprint text not null,
           store text,
           position integer not null,
           edition text not null,
           replaced_at integer
         ) strict, without rowid",
    )?;
    let has_editions = "select exists (select 1 from pragma_table_info('annals_checkpoints')
                                       where name = 'edition')";
    match tx.query_row(has_editions, [], |row| row.get(0))? {
        true => Ok(()),
        false => add_editions(tx),
    }
}

/// The table was made before there were identities of editions.
fn add_editions(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(&format!(
        r"alter table annals_checkpoints add column edition text not null default '';
         alter table annals_checkpoints add column replaced_at integer;
         update annals_checkpoints set edition = {NEW_EDITION};
         update annals_checkpoints set replaced_at = unixepoch() * 1000000
         where projection like '%\_\_previous' escape '\'",
    ))
}

/// An identity that no other edition has.
const NEW_EDITION: &str = "lower(hex(randomblob(16)))";

/// Puts a projection before the first event, of no store yet.
pub(crate) fn reset(
    tx: &Transaction<'_>,
    projection: &str,
    fingerprint: Fingerprint,
) -> rusqlite::Result<()> {
    let reset = format!(
        "insert or replace into annals_checkpoints (projection, fingerprint, position, edition)
         values (?, ?, 0, {NEW_EDITION})"
    );
    tx.execute(&reset, params![projection, fingerprint.0.to_string()])?;
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
