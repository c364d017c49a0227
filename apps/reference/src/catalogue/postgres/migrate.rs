//! The tables, made by versioned migrations, each once.

use annals::postgres::tokio_postgres::types::Type;
use annals::postgres::{PostgresError, Transaction};

use super::PostgresCatalogue;

/// All migrations, oldest first. A released one is never changed.
const MIGRATIONS: [(&str, &str); 1] = [(
    "0001_catalogue",
    include_str!("../../../migrations/postgres/0001_catalogue.sql"),
)];

/// Where it is noted which have been applied.
const NOTES: &str = "create schema if not exists {catalogue};
                     create table if not exists {catalogue}.migrations (
                       name text primary key,
                       applied_at timestamptz not null default clock_timestamp()
                     )";

/// Brings the tables to the newest shape. Of several processes, one does it and the others wait.
pub(super) async fn migrate(catalogue: &PostgresCatalogue) -> Result<(), PostgresError> {
    let mut client = catalogue.postgres.client().await?;
    let tx = client.transaction().await?;
    let lock =
        catalogue.sql("select pg_advisory_xact_lock(hashtextextended('migrate {catalogue}', 0))");
    tx.batch(&lock).await?;
    let missing = &MIGRATIONS[applied(catalogue, &tx).await?..];
    if missing.is_empty() {
        // So that a role that may not make tables can work with them.
        return Ok(());
    }
    tx.batch(&catalogue.sql(NOTES)).await?;
    for (name, sql) in missing {
        tx.batch(&catalogue.sql(sql)).await?;
        let note = catalogue.sql("insert into {catalogue}.migrations (name) values ($1)");
        tx.execute(&note, &[(name, Type::TEXT)]).await?;
    }
    tx.commit().await
}

/// How many have been applied.
async fn applied(
    catalogue: &PostgresCatalogue,
    tx: &Transaction<'_>,
) -> Result<usize, PostgresError> {
    let exists = catalogue.sql("select from pg_tables where schemaname = '{catalogue}'");
    if tx.rows(&exists, &[]).await?.is_empty() {
        return Ok(0);
    }
    let names = catalogue.sql("select name from {catalogue}.migrations order by name");
    let rows = tx.rows(&names, &[]).await?;
    for (index, row) in rows.iter().enumerate() {
        let name: &str = row.try_get(0)?;
        if MIGRATIONS.get(index).is_none_or(|known| known.0 != name) {
            return Err(PostgresError::Schema {
                schema: catalogue.schema.to_string(),
                reason: format!("migration {name} is not known to this version"),
            });
        }
    }
    Ok(rows.len())
}
