//! Ledgers: which events each projection handled, kept beside the checkpoint that moved past them.

use annals_core::{HandledEvent, LedgerPage, ProjectionError};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::error::SqliteError;

/// The pages of one projection.
#[derive(Debug)]
pub(crate) struct LedgerPages {
    /// The projection, of an edition.
    projection: String,
}

impl LedgerPages {
    pub(crate) fn of(projection: String) -> Self {
        Self { projection }
    }

    /// Notes events, which are in the order of the store.
    pub(crate) fn note(
        &self,
        tx: &Transaction<'_>,
        events: &[HandledEvent],
    ) -> Result<(), ProjectionError> {
        for (number, events) in LedgerPage::by_page(events) {
            let mut page = self.load(tx, number)?;
            for event in events {
                page.record(event.position, event.id);
            }
            self.save(tx, &page)?;
        }
        Ok(())
    }

    /// The first pages that are kept from a page on, in order.
    pub(crate) fn list(
        &self,
        connection: &Connection,
        from_page: u64,
        limit: usize,
    ) -> Result<Vec<LedgerPage>, ProjectionError> {
        let select = "select page, entries from annals_ledger where projection = ? and page >= ?
                      order by page limit ?";
        let from_page = i64::try_from(from_page).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let pages = || -> rusqlite::Result<Vec<_>> {
            let mut select = connection.prepare_cached(select)?;
            let key = params![self.projection, from_page, limit];
            select.query_map(key, kept)?.collect()
        };
        let pages = pages().map_err(SqliteError::from)?.into_iter();
        let pages = pages.map(|(number, bytes)| Ok(LedgerPage::from_bytes(number, &bytes)?));
        pages.collect()
    }

    fn load(&self, tx: &Transaction<'_>, number: u64) -> Result<LedgerPage, ProjectionError> {
        let select = "select entries from annals_ledger where projection = ? and page = ?";
        let kept = || -> rusqlite::Result<Option<Vec<u8>>> {
            let mut select = tx.prepare_cached(select)?;
            let key = params![self.projection, number.cast_signed()];
            select.query_row(key, |row| row.get(0)).optional()
        };
        match kept().map_err(SqliteError::from)? {
            Some(bytes) => Ok(LedgerPage::from_bytes(number, &bytes)?),
            None => Ok(LedgerPage::empty(number)),
        }
    }

    fn save(&self, tx: &Transaction<'_>, page: &LedgerPage) -> Result<(), SqliteError> {
        let save = "insert or replace into annals_ledger values (?, ?, ?)";
        tx.prepare_cached(save)?.execute(params![
            self.projection,
            page.number().cast_signed(),
            page.to_bytes(),
        ])?;
        Ok(())
    }
}

/// The number of a page, and its bytes.
fn kept(row: &Row<'_>) -> rusqlite::Result<(u64, Vec<u8>)> {
    let number: i64 = row.get(0)?;
    Ok((number.cast_unsigned(), row.get(1)?))
}

/// Makes the table of pages if it is not there.
pub(crate) fn create_table(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "create table if not exists annals_ledger (
           projection text not null,
           page integer not null,
           entries blob not null,
           primary key (projection, page)
         ) strict, without rowid",
    )
}
