//! Snapshots of aggregates, in a table.

use annals_core::{
    EventId, Fingerprint, SnapshotError, SnapshotStore, StoredSnapshot, StreamId, StreamVersion,
};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use crate::database::Database;
use crate::error::SqliteError;

/// Keeps the newest snapshot of each stream, with a checksum over all of it.
#[derive(Debug, Clone)]
pub struct SnapshotTable {
    database: Database,
}

impl SnapshotTable {
    /// Makes the table if it is not there.
    ///
    /// # Errors
    /// [`SqliteError`] when the table cannot be made.
    pub async fn new(database: Database) -> Result<Self, SqliteError> {
        let create = "create table if not exists annals_snapshots (
            stream text not null primary key,
            fingerprint blob not null,
            version integer not null,
            last_event blob not null,
            state blob not null,
            checksum blob not null
        ) strict";
        database.write(|tx| tx.execute_batch(create)).await?;
        Ok(Self { database })
    }
}

#[async_trait]
impl SnapshotStore for SnapshotTable {
    async fn load(&self, stream: &StreamId) -> Result<Option<StoredSnapshot>, SnapshotError> {
        let stream = stream.clone();
        let load = move |connection: &Connection| load(connection, &stream);
        Ok(self.database.read(load).await?)
    }

    async fn save(&self, stream: &StreamId, snapshot: StoredSnapshot) -> Result<(), SnapshotError> {
        let stream = stream.clone();
        let save = move |tx: &Transaction<'_>| {
            // A damaged row is no reason to keep it, whatever version it claims to be.
            let newer = load(tx, &stream)?.filter(|kept| kept.version > snapshot.version);
            match newer {
                Some(_) => Ok(()),
                None => put(tx, &stream, &snapshot),
            }
        };
        Ok(self.database.write(save).await?)
    }

    async fn delete(&self, stream: &StreamId) -> Result<bool, SnapshotError> {
        let stream = stream.clone();
        let delete = move |tx: &Transaction<'_>| {
            let mut delete = tx.prepare_cached("delete from annals_snapshots where stream = ?")?;
            Ok(delete.execute([stream.as_str()])? > 0)
        };
        Ok(self.database.write(delete).await?)
    }
}

fn load(connection: &Connection, stream: &StreamId) -> rusqlite::Result<Option<StoredSnapshot>> {
    let mut statement = connection.prepare_cached(
        "select fingerprint, version, last_event, state, checksum
         from annals_snapshots where stream = ?",
    )?;
    let kept = statement.query_row([stream.as_str()], |row| Ok(intact(row)));
    Ok(kept.optional()?.flatten())
}

/// The snapshot, unless its checksum says that it is not what was saved.
fn intact(row: &Row<'_>) -> Option<StoredSnapshot> {
    let id = |column| row.get(column).map(Uuid::from_bytes).ok();
    let version: i64 = row.get(1).ok()?;
    let snapshot = StoredSnapshot {
        fingerprint: Fingerprint(id(0)?),
        version: StreamVersion(version.try_into().ok()?),
        last_event: EventId(id(2)?),
        state: row.get(3).ok()?,
    };
    (snapshot.checksum() == id(4)?).then_some(snapshot)
}

fn put(
    connection: &Connection,
    stream: &StreamId,
    snapshot: &StoredSnapshot,
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare_cached("insert or replace into annals_snapshots values (?, ?, ?, ?, ?, ?)")?;
    let version = i64::try_from(snapshot.version.0).expect("a stream has fewer than 2^63 events");
    statement.execute(params![
        stream.as_str(),
        snapshot.fingerprint.0.as_bytes(),
        version,
        snapshot.last_event.0.as_bytes(),
        snapshot.state,
        snapshot.checksum().as_bytes(),
    ])?;
    Ok(())
}
