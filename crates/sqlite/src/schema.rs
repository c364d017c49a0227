//! The tables a projection declares: made when they are new, made again when they changed.

use annals_core::{Edition, Fingerprint, TableFold};
use rusqlite::{Transaction, params};

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

/// Where something is kept for each projection, of each edition.
const KEPT: [&str; 4] = [
    "annals_tables",
    "annals_checkpoints",
    "annals_dead_letters",
    "annals_ledger",
];

/// What a projection says of its tables.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// The name of the projection.
    pub(crate) projection: &'static str,
    /// Of which edition the tables are.
    pub(crate) edition: Edition,
    /// How they are made.
    pub(crate) tables: Tables,
    /// Changes with the tables, with the code that fills them and with the events it asks for.
    pub(crate) fingerprint: Fingerprint,
    /// Whether tables of another declaration stay as they are. Otherwise they are dropped and made again.
    pub(crate) others_stay: bool,
}

/// How tables are made.
#[derive(Debug)]
pub(crate) enum Tables {
    /// As a fold declares them.
    OfFold(TableFold),
    /// By statements of one's own: their names, in the order they are made.
    ByHand {
        names: &'static [&'static str],
        ddl: &'static str,
    },
}

impl Declaration {
    pub(crate) fn of(fold: &TableFold, edition: Edition) -> Self {
        Self {
            projection: fold.name(),
            edition,
            tables: Tables::OfFold(fold.clone()),
            fingerprint: fold.fingerprint(),
            others_stay: false,
        }
    }

    /// The same, for who leaves tables of another declaration as they are.
    pub(crate) fn letting_others_stay(self) -> Self {
        Self {
            others_stay: true,
            ..self
        }
    }

    /// What the checkpoint and all else is kept under.
    pub(crate) fn key(&self) -> String {
        self.edition.named(self.projection)
    }

    /// Makes the tables, unless they are there and of this declaration.
    pub(crate) fn install(&self, tx: &Transaction<'_>) -> Result<(), SqliteError> {
        let key = self.key();
        match checkpoint::find(tx, &key)? {
            Some(stored) if stored.fingerprint == self.fingerprint => return Ok(()),
            Some(_) if self.others_stay => return Ok(()),
            Some(_) => {
                tracing::warn!(
                    projection = key,
                    "the declaration changed: its tables are dropped and made again from the first \
                     event"
                );
                discard(tx, &key)?;
            }
            None => {}
        }
        tx.execute_batch(&self.ddl(tx)?)?;
        self.note_tables(tx, &key)?;
        checkpoint::reset(tx, &key, self.fingerprint)?;
        Ok(())
    }

    fn ddl(&self, tx: &Transaction<'_>) -> rusqlite::Result<String> {
        match &self.tables {
            Tables::ByHand { ddl, .. } => Ok((*ddl).to_owned()),
            Tables::OfFold(fold) => {
                let prefix = free_index_prefix(tx, fold)?;
                let tables = fold.tables().iter();
                Ok(tables
                    .map(|table| create(table, self.edition, &prefix))
                    .collect())
            }
        }
    }

    fn note_tables(&self, tx: &Transaction<'_>, key: &str) -> Result<(), SqliteError> {
        let tables: Vec<&str> = match &self.tables {
            Tables::ByHand { names, .. } => names.to_vec(),
            Tables::OfFold(fold) => fold.tables().iter().map(|table| table.name).collect(),
        };
        for (table, place) in tables.into_iter().zip(0_i64..) {
            let note = "insert into annals_tables values (?, ?, ?)";
            tx.execute(note, params![self.edition.named(table), key, place])?;
        }
        Ok(())
    }
}

/// Makes the tables that are not those of any projection, if they are not there.
pub(crate) fn create_own_tables(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    checkpoint::create_table(tx)?;
    dead_letters::create_table(tx)?;
    ledger::create_table(tx)?;
    tx.execute_batch(MADE)
}

/// Drops the tables of a projection, of an edition, and all that is kept under its key.
pub(crate) fn discard(tx: &Transaction<'_>, key: &str) -> Result<(), SqliteError> {
    // Those that were made, whatever is declared now. Last made first, so that none is dropped
    // while another refers to it.
    for table in made(tx, key)?.iter().rev() {
        tx.execute_batch(&format!("drop table if exists {}", quoted(table)))?;
    }
    for kept in KEPT {
        tx.execute(&format!("delete from {kept} where projection = ?"), [key])?;
    }
    Ok(())
}

/// Gives what is kept under a key another one, and the tables names that end alike. There must be
/// nothing under the other key.
pub(crate) fn rename(
    tx: &Transaction<'_>,
    projection: &str,
    from: &str,
    to: &str,
) -> Result<(), SqliteError> {
    let (from_key, to_key) = (format!("{projection}{from}"), format!("{projection}{to}"));
    for table in made(tx, &from_key)? {
        let renamed = format!("{}{to}", table.strip_suffix(from).unwrap_or(&table));
        let rename = format!(
            "alter table {} rename to {}",
            quoted(&table),
            quoted(&renamed)
        );
        tx.execute_batch(&rename)?;
        tx.execute(
            "update annals_tables set name = ? where name = ?",
            [&renamed, &table],
        )?;
    }
    for kept in KEPT {
        let rename = format!("update {kept} set projection = ? where projection = ?");
        tx.execute(&rename, [&to_key, &from_key])?;
    }
    Ok(())
}

/// The tables that were made under a key, in the order they were made.
fn made(tx: &Transaction<'_>, key: &str) -> rusqlite::Result<Vec<String>> {
    let select = "select name from annals_tables where projection = ? order by place";
    let mut select = tx.prepare(select)?;
    let tables = select.query_map([key], |row| row.get(0))?;
    tables.collect()
}

/// What no name of an index begins with that this fold would make: an index keeps its name when its
/// table gets another.
fn free_index_prefix(tx: &Transaction<'_>, fold: &TableFold) -> rusqlite::Result<String> {
    let tables = fold.tables().iter();
    let names =
        tables.flat_map(|table| table.indexes.iter().map(|index| index.name_in(table.name)));
    let names: Vec<String> = names.collect();
    let exists = "select exists (select 1 from sqlite_schema where type = 'index' and name = ?)";
    let mut exists = tx.prepare(exists)?;
    let mut prefix = String::new();
    for next in 2.. {
        let mut is_taken = false;
        for name in &names {
            let name = format!("{prefix}{name}");
            is_taken |= exists.query_row([name], |row| row.get::<_, bool>(0))?;
        }
        if !is_taken {
            break;
        }
        prefix = format!("edition_{next}_");
    }
    Ok(prefix)
}
