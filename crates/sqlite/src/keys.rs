//! The keys of persons, in a database of their own, with what is kept of them beside the log.
//!
//! Unlike read models they are made from nothing, so nothing here may be lost: every write is synced,
//! and with it the directory. What is replaced or destroyed is overwritten with zeros. Older copies of
//! it on the disk, and in backups, are noise once the root keys were replaced.

use std::path::Path;
use std::sync::Arc;

use annals_core::{
    KeyId, KeyStore, KeyStoreError, Rewrapping, RootId, StoredKey, SubjectId, WrappedKey,
};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::connections::{Connections, LONGEST_WAIT};
use crate::error::SqliteError;
use crate::side_values;

/// A row for each person; of a destroyed key only that it was.
const TABLE: &str = "create table if not exists annals_keys (
    subject text not null primary key,
    key_id blob,
    root text,
    wrapped blob,
    check ((key_id is null) = (wrapped is null) and (root is null) = (wrapped is null))
  ) strict, without rowid;
  create index if not exists annals_keys_by_root on annals_keys (root) where root is not null";

/// Keys of persons, and [what is kept of them beside the log](annals_core::SideStore), in a file of its
/// own, apart from read models: its backups are kept for a short time
/// only, and it is put back to an earlier state as rarely as can be.
///
/// Several processes may have it open.
#[derive(Debug, Clone)]
pub struct KeyDatabase {
    pub(crate) connection: Arc<Connections>,
}

impl KeyDatabase {
    /// Opens the database in a file, made if it is not there.
    ///
    /// # Errors
    /// [`KeyStoreError`]: each says what to do.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, KeyStoreError> {
        let path = path.as_ref().to_owned();
        let opening = spawn_blocking(move || open(&path).map_err(SqliteError::from)).await;
        let stopping = |_| {
            let reason = "the process is about to stop".to_owned();
            Err(SqliteError::Unavailable { reason })
        };
        let connection = Connections::new(vec![opening.unwrap_or_else(stopping)?]);
        Ok(Self { connection })
    }

    /// Runs statements in one transaction: all of them or none.
    pub(crate) async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let run = |connection: &mut Connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        self.connection.run(run).await
    }
}

#[async_trait]
impl KeyStore for KeyDatabase {
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError> {
        let subjects = subjects.to_vec();
        let find = move |connection: &mut Connection| {
            let tx = connection.transaction()?;
            let found = subjects.iter().map(|subject| find(&tx, subject));
            Ok::<_, SqliteError>(found.collect::<rusqlite::Result<_>>()?)
        };
        Ok(self.connection.run(find).await?)
    }

    async fn create(
        &self,
        subject: &SubjectId,
        key: WrappedKey,
    ) -> Result<StoredKey, KeyStoreError> {
        let subject = subject.clone();
        let create = move |tx: &Transaction<'_>| {
            if let Some(kept) = find(tx, &subject)? {
                return Ok(kept);
            }
            let mut insert = tx.prepare_cached("insert into annals_keys values (?, ?, ?, ?)")?;
            let id = key.id.0.as_bytes();
            insert.execute(params![subject.as_str(), id, key.root.as_str(), key.bytes])?;
            Ok(StoredKey::Living(key))
        };
        Ok(self.transact(create).await?)
    }

    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError> {
        let subject = subject.clone();
        let destroy = move |tx: &Transaction<'_>| {
            let before = find(tx, &subject)?;
            let mut destroy = tx.prepare_cached(
                "insert into annals_keys (subject) values (?)
                 on conflict do update set key_id = null, root = null, wrapped = null",
            )?;
            destroy.execute([subject.as_str()])?;
            Ok(matches!(before, Some(StoredKey::Living(_))))
        };
        Ok(self.transact(destroy).await?)
    }

    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError> {
        let root = root.clone();
        let find = move |connection: &mut Connection| {
            // Two ranges of the index: what is wrapped by this one is not looked through.
            let mut others = connection.prepare_cached(
                "select key_id, root, wrapped, subject from annals_keys where root < ?1
                 union all
                 select key_id, root, wrapped, subject from annals_keys where root > ?1
                 limit ?2",
            )?;
            let others = others.query_map(params![root.as_str(), limit], |row| {
                Ok((name(row, 3, SubjectId::new)?, wrapped(row)?))
            })?;
            Ok::<_, SqliteError>(others.collect::<rusqlite::Result<_>>()?)
        };
        Ok(self.connection.run(find).await?)
    }

    async fn rewrap(&self, wrappings: Vec<Rewrapping>) -> Result<(), KeyStoreError> {
        let rewrap = move |tx: &Transaction<'_>| {
            let mut replace = tx.prepare_cached(
                "update annals_keys set root = ?1, wrapped = ?2
                 where subject = ?3 and key_id = ?4 and root = ?5",
            )?;
            for Rewrapping {
                subject,
                before,
                key,
            } in &wrappings
            {
                let id = key.id.0.as_bytes();
                let (subject, before) = (subject.as_str(), before.as_str());
                replace.execute(params![key.root.as_str(), key.bytes, subject, id, before])?;
            }
            Ok(())
        };
        Ok(self.transact(rewrap).await?)
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(LONGEST_WAIT)?;
    // No log beside the file, where replaced pages would go on to be.
    connection.pragma_update(None, "journal_mode", "delete")?;
    // A commit is there once the journal is gone, and that only once the directory was synced.
    connection.pragma_update(None, "synchronous", "extra")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.execute_batch(TABLE)?;
    connection.execute_batch(side_values::TABLES)?;
    Ok(connection)
}

fn find(connection: &Connection, subject: &SubjectId) -> rusqlite::Result<Option<StoredKey>> {
    let mut find = connection
        .prepare_cached("select key_id, root, wrapped from annals_keys where subject = ?")?;
    let found = find.query_row([subject.as_str()], |row| {
        match row.get::<_, Option<[u8; 16]>>(0)? {
            Some(_) => wrapped(row).map(StoredKey::Living),
            None => Ok(StoredKey::Destroyed),
        }
    });
    found.optional()
}

fn wrapped(row: &Row<'_>) -> rusqlite::Result<WrappedKey> {
    Ok(WrappedKey {
        id: KeyId(Uuid::from_bytes(row.get(0)?)),
        root: name(row, 1, RootId::new)?,
        bytes: row.get(2)?,
    })
}

/// A column that holds a name.
fn name<T>(
    row: &Row<'_>,
    column: usize,
    checked: impl Fn(String) -> Result<T, annals_core::InvalidName>,
) -> rusqlite::Result<T> {
    checked(row.get(column)?).map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
    })
}

impl From<SqliteError> for KeyStoreError {
    fn from(error: SqliteError) -> Self {
        match error.is_damage() {
            true => Self::Damaged {
                reason: error.to_string(),
            },
            false => Self::Unavailable(Arc::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn said(code: i32) -> KeyStoreError {
        let cause = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        SqliteError::from(cause).into()
    }

    #[test]
    fn only_what_is_not_as_it_was_written_is_damaged() {
        for code in [ffi::SQLITE_READONLY, ffi::SQLITE_PERM, ffi::SQLITE_FULL] {
            let error = said(code);
            assert!(matches!(error, KeyStoreError::Unavailable(_)), "{error}");
        }
        let no_name = rusqlite::Error::FromSqlConversionFailure(
            1,
            rusqlite::types::Type::Text,
            "a name of no root key".into(),
        );
        let no_name = SqliteError::from(no_name).into();
        for error in [said(ffi::SQLITE_CORRUPT), said(ffi::SQLITE_NOTADB), no_name] {
            assert!(matches!(error, KeyStoreError::Damaged { .. }), "{error}");
        }
    }
}
