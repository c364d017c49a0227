//! The tables a projection declares: made when they are new, made again when they changed.

use annals_core::{ColumnKind, Fingerprint, Projection, ReadModel};
use rusqlite::{OptionalExtension, Transaction};

use crate::checkpoint;
use crate::error::SqliteError;

/// What a projection says of its tables.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// The name its checkpoint is kept under.
    pub(crate) projection: &'static str,
    /// Its tables, in the order they are made.
    pub(crate) tables: &'static [&'static str],
    /// The statements that make them.
    pub(crate) ddl: String,
    /// Raised to have them made again although the statements are the same.
    pub(crate) revision: u32,
}

impl Declaration {
    pub(crate) fn of<P: Projection>() -> Self {
        Self {
            projection: P::TABLE,
            tables: &[P::TABLE],
            ddl: ddl::<P>(),
            revision: P::FOLD_REVISION,
        }
    }

    /// Changes with the tables and with the code that fills them.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.ddl.as_bytes(), self.revision)
    }

    /// Makes the tables, unless they are there and of this declaration.
    pub(crate) fn install(&self, tx: &Transaction<'_>) -> Result<(), SqliteError> {
        checkpoint::create_table(tx)?;
        let mine = self.fingerprint();
        match checkpoint::fingerprint(tx, self.projection).optional()? {
            Some(stored) if stored == mine => return Ok(()),
            Some(_) => self.drop_tables(tx)?,
            None => {}
        }
        tx.execute_batch(&self.ddl)?;
        checkpoint::reset(tx, self.projection, mine)?;
        Ok(())
    }

    fn drop_tables(&self, tx: &Transaction<'_>) -> Result<(), SqliteError> {
        tracing::warn!(
            projection = self.projection,
            "the declaration changed: its tables are dropped and made again from the first event"
        );
        // Last made first, so that none is dropped while another refers to it.
        for table in self.tables.iter().rev() {
            tx.execute_batch(&format!("drop table if exists {}", quoted(table)))?;
        }
        Ok(())
    }
}

/// The statements that make a read model's table and indexes.
pub(crate) fn ddl<R: ReadModel>() -> String {
    let indexes = R::INDEXES
        .iter()
        .map(|index| create_index::<R>(index.columns));
    std::iter::once(create_table::<R>())
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

/// The names of a read model's columns.
pub(crate) fn columns<R: ReadModel>() -> Vec<&'static str> {
    R::COLUMNS.iter().map(|column| column.name).collect()
}

/// The names of a read model's key columns.
pub(crate) fn key_columns<R: ReadModel>() -> Vec<&'static str> {
    let keys = R::COLUMNS.iter().filter(|column| column.key);
    keys.map(|column| column.name).collect()
}

fn create_table<R: ReadModel>() -> String {
    let mut ddl = format!("create table {} (\n", quoted(R::TABLE));
    for column in R::COLUMNS {
        let kind = match column.kind {
            ColumnKind::Integer => "integer",
            ColumnKind::Text => "text",
            _ => "any",
        };
        let presence = if column.nullable { "" } else { " not null" };
        ddl += &format!("  {} {kind}{presence},\n", quoted(column.name));
    }
    let key = quoted_list(&key_columns::<R>());
    ddl + &format!("  primary key ({key})\n) strict, without rowid;\n")
}

fn create_index<R: ReadModel>(columns: &[&str]) -> String {
    let name = format!("{}_by_{}", R::TABLE, columns.join("_"));
    let (name, table) = (quoted(&name), quoted(R::TABLE));
    let columns = quoted_list(columns);
    format!("create index {name} on {table} ({columns});\n")
}
