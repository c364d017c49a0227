//! The tables a projection declares: made when they are new, made again when they changed.

use annals_core::{Fingerprint, TableFold};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::checkpoint;
use crate::dead_letters;
use crate::error::SqliteError;
use crate::ledger;
use crate::tables::{create, quoted};

/// Which tables were made for which projection, in the order they were made.
const MADE: &str = "create table if not exists annals_tables (
    name text not null primary key,
    projection text not null,
    place integer not null
  ) strict, without rowid";

/// What a projection says of its tables.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// The name its checkpoint is kept under.
    pub(crate) projection: &'static str,
    /// Its tables, in the order they are made.
    pub(crate) tables: Vec<&'static str>,
    /// The statements that make them.
    pub(crate) ddl: String,
    /// Changes with the tables, with the code that fills them and with the events it asks for.
    pub(crate) fingerprint: Fingerprint,
}

impl Declaration {
    pub(crate) fn of(fold: &TableFold) -> Self {
        Self {
            projection: fold.name(),
            tables: fold.tables().iter().map(|table| table.name).collect(),
            ddl: fold.tables().iter().map(create).collect(),
            fingerprint: fold.fingerprint(),
        }
    }

    /// Makes the tables, unless they are there and of this declaration.
    pub(crate) fn install(&self, tx: &Transaction<'_>) -> Result<(), SqliteError> {
        checkpoint::create_table(tx)?;
        dead_letters::create_table(tx)?;
        ledger::create_table(tx)?;
        tx.execute_batch(MADE)?;
        let mine = self.fingerprint;
        match checkpoint::fingerprint(tx, self.projection).optional()? {
            Some(stored) if stored == mine => return Ok(()),
            Some(_) => self.drop_tables(tx)?,
            None => {}
        }
        tx.execute_batch(&self.ddl)?;
        self.note_tables(tx)?;
        dead_letters::reset(tx, self.projection)?;
        ledger::reset(tx, self.projection)?;
        checkpoint::reset(tx, self.projection, mine)?;
        Ok(())
    }

    fn drop_tables(&self, tx: &Transaction<'_>) -> Result<(), SqliteError> {
        tracing::warn!(
            projection = self.projection,
            "the declaration changed: its tables are dropped and made again from the first event"
        );
        // Those that were made, whatever is declared now. Last made first, so that none is dropped
        // while another refers to it.
        let mut made =
            tx.prepare("select name from annals_tables where projection = ? order by place desc")?;
        let tables = made.query_map([self.projection], |row| row.get(0))?;
        for table in tables.collect::<rusqlite::Result<Vec<String>>>()? {
            tx.execute_batch(&format!("drop table if exists {}", quoted(&table)))?;
        }
        let forget = "delete from annals_tables where projection = ?";
        tx.execute(forget, [self.projection])?;
        Ok(())
    }

    fn note_tables(&self, tx: &Transaction<'_>) -> Result<(), SqliteError> {
        for (table, place) in self.tables.iter().zip(0_i64..) {
            let note = "insert into annals_tables values (?, ?, ?)";
            tx.execute(note, params![table, self.projection, place])?;
        }
        Ok(())
    }
}
