//! The tables, made by versioned migrations, each once.

use annals::sqlite::SqliteError;
use annals::sqlite::rusqlite::{self, Transaction, ffi};

/// All migrations, oldest first. A released one is never changed.
const MIGRATIONS: [&str; 1] = [include_str!(
    "../../../migrations/sqlite/0001_catalogue.sql"
)];

/// Brings the tables to the newest shape.
pub(super) fn migrate(tx: &Transaction<'_>) -> Result<(), SqliteError> {
    let applied: u32 = tx.query_row("pragma user_version", [], |row| row.get(0))?;
    let Some(missing) = MIGRATIONS.get(applied as usize..) else {
        return Err(SqliteError::Refused(of_a_newer_version(applied)));
    };
    for (migration, number) in missing.iter().zip(applied + 1..) {
        tx.execute_batch(migration)?;
        tx.pragma_update(None, "user_version", number)?;
    }
    Ok(())
}

fn of_a_newer_version(applied: u32) -> rusqlite::Error {
    let message = format!(
        "the catalogue has {applied} migrations, this version knows {}: run the newer version",
        MIGRATIONS.len()
    );
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_SCHEMA), Some(message))
}
