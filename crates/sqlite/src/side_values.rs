//! Personal values beside the log, in the database of keys: they are as private, deleted by the same
//! persons' erasure, and overwritten with zeros as well.

use std::sync::Arc;

use annals_core::{SideId, SideStore, SideStoreError, SideValue, SubjectId};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::SqliteError;
use crate::keys::KeyDatabase;

/// A row for each value, and one for each person whose values were deleted.
pub(crate) const TABLES: &str = "create table if not exists annals_side_values (
    subject text not null,
    hash blob not null,
    sealed blob not null,
    primary key (subject, hash)
  ) strict;
  create table if not exists annals_side_erased (
    subject text not null primary key
  ) strict, without rowid";

#[async_trait]
impl SideStore for KeyDatabase {
    async fn put(&self, values: &[SideValue]) -> Result<(), SideStoreError> {
        let values = values.to_vec();
        let put = move |tx: &Transaction<'_>| match erased(tx, &values)? {
            Some(subject) => Ok(Some(subject)),
            None => put(tx, &values).map(|()| None),
        };
        match self.transact(put).await? {
            Some(subject) => Err(SideStoreError::Erased(subject)),
            None => Ok(()),
        }
    }

    async fn find(&self, ids: &[SideId]) -> Result<Vec<Option<Vec<u8>>>, SideStoreError> {
        let ids = ids.to_vec();
        let find = move |connection: &mut Connection| {
            let tx = connection.transaction().map_err(SqliteError::from)?;
            let found = ids.iter().map(|id| find(&tx, id));
            let found = found.collect::<rusqlite::Result<_>>();
            found.map_err(|error| SqliteError::from(error).into())
        };
        self.connection.run(find).await
    }

    async fn delete(&self, subject: &SubjectId) -> Result<u64, SideStoreError> {
        let subject = subject.clone();
        let delete = move |tx: &Transaction<'_>| {
            let subject = [subject.as_str()];
            tx.execute(
                "insert or ignore into annals_side_erased values (?)",
                subject,
            )?;
            tx.execute("delete from annals_side_values where subject = ?", subject)
        };
        Ok(self.transact(delete).await? as u64)
    }
}

/// The first of those whom the values are about whose values were deleted.
fn erased(tx: &Transaction<'_>, values: &[SideValue]) -> rusqlite::Result<Option<SubjectId>> {
    let mut find =
        tx.prepare_cached("select exists (select 1 from annals_side_erased where subject = ?)")?;
    for SideValue { id, .. } in values {
        if find.query_row([id.subject.as_str()], |row| row.get(0))? {
            return Ok(Some(id.subject.clone()));
        }
    }
    Ok(None)
}

fn put(tx: &Transaction<'_>, values: &[SideValue]) -> rusqlite::Result<()> {
    let mut insert =
        tx.prepare_cached("insert or ignore into annals_side_values values (?, ?, ?)")?;
    for SideValue { id, sealed } in values {
        insert.execute(params![id.subject.as_str(), id.hash, sealed])?;
    }
    Ok(())
}

fn find(connection: &Connection, id: &SideId) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut find = connection
        .prepare_cached("select sealed from annals_side_values where subject = ? and hash = ?")?;
    let found = find.query_row(params![id.subject.as_str(), id.hash], |row| row.get(0));
    found.optional()
}

impl From<SqliteError> for SideStoreError {
    fn from(error: SqliteError) -> Self {
        match error.is_damage() {
            true => Self::Damaged {
                reason: error.to_string(),
            },
            false => Self::Unavailable(Arc::new(error)),
        }
    }
}
