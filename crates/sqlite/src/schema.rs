//! The tables a projection declares: made when they are new, made again when they changed.

use annals_core::{Column, ColumnKind, Fingerprint, Index, IndexOn, TableFold, TableShape};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::checkpoint;
use crate::error::SqliteError;

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
            ddl: fold.tables().iter().map(ddl).collect(),
            fingerprint: fold.fingerprint(),
        }
    }

    /// Makes the tables, unless they are there and of this declaration.
    pub(crate) fn install(&self, tx: &Transaction<'_>) -> Result<(), SqliteError> {
        checkpoint::create_table(tx)?;
        tx.execute_batch(MADE)?;
        let mine = self.fingerprint;
        match checkpoint::fingerprint(tx, self.projection).optional()? {
            Some(stored) if stored == mine => return Ok(()),
            Some(_) => self.drop_tables(tx)?,
            None => {}
        }
        tx.execute_batch(&self.ddl)?;
        self.note_tables(tx)?;
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

/// The statements that make a table and its indexes.
pub(crate) fn ddl(shape: &TableShape) -> String {
    let indexes = shape.indexes.iter();
    let indexes = indexes.filter_map(|index| create_index(shape.name, index));
    std::iter::once(create_table(shape))
        .chain(indexes)
        .collect()
}

/// An identifier, quoted. Names come from declarations alone, never from a caller's values.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Identifiers, quoted, with commas between.
pub(crate) fn quoted_list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().copied().map(quoted).collect();
    names.join(", ")
}

/// The names of columns.
pub(crate) fn columns(columns: &[Column]) -> Vec<&'static str> {
    columns.iter().map(|column| column.name).collect()
}

/// The names of the key columns among them.
pub(crate) fn key_columns(columns: &[Column]) -> Vec<&'static str> {
    let keys = columns.iter().filter(|column| column.key);
    keys.map(|column| column.name).collect()
}

fn create_table(shape: &TableShape) -> String {
    let mut ddl = format!("create table {} (\n", quoted(shape.name));
    for column in shape.columns {
        let kind = match column.kind {
            ColumnKind::Integer => "integer",
            ColumnKind::Text | ColumnKind::Json => "text",
            _ => "any",
        };
        let presence = if column.nullable { "" } else { " not null" };
        ddl += &format!("  {} {kind}{presence},\n", quoted(column.name));
    }
    let key = quoted_list(&key_columns(shape.columns));
    ddl + &format!("  primary key ({key})\n) strict, without rowid;\n")
}

/// None for JSON and for words: SQLite has no index for them, and refuses what they would serve.
fn create_index(table: &str, index: &Index) -> Option<String> {
    let on = match index.on {
        IndexOn::Columns(columns) => quoted_list(columns),
        IndexOn::Expression(expression) => expression.to_owned(),
        _ => return None,
    };
    let unique = if index.unique { "unique " } else { "" };
    let (name, table) = (quoted(&index.name_in(table)), quoted(table));
    let only = index
        .only
        .map_or(String::new(), |condition| format!(" where {condition}"));
    Some(format!(
        "create {unique}index {name} on {table} ({on}){only};\n"
    ))
}
