//! The tables, made by versioned migrations, each once.

use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::{Dedicated, Postgres, Transaction};

/// All migrations, oldest first. A released one is never changed.
const MIGRATIONS: [Migration; 8] = [
    Migration {
        name: "0001_events",
        sql: include_str!("../migrations/0001_events.sql"),
    },
    Migration {
        name: "0002_read_models",
        sql: include_str!("../migrations/0002_read_models.sql"),
    },
    Migration {
        name: "0003_dead_letters",
        sql: include_str!("../migrations/0003_dead_letters.sql"),
    },
    Migration {
        name: "0004_ledger",
        sql: include_str!("../migrations/0004_ledger.sql"),
    },
    Migration {
        name: "0005_editions",
        sql: include_str!("../migrations/0005_editions.sql"),
    },
    Migration {
        name: "0006_identities_of_editions",
        sql: include_str!("../migrations/0006_identities_of_editions.sql"),
    },
    Migration {
        name: "0007_keys",
        sql: include_str!("../migrations/0007_keys.sql"),
    },
    Migration {
        name: "0008_side_values",
        sql: include_str!("../migrations/0008_side_values.sql"),
    },
];

/// One step from one shape of the tables to the next.
struct Migration {
    name: &'static str,
    sql: &'static str,
}

/// Where it is noted which have been applied.
const NOTES: &str = "create schema if not exists {schema};
                     create table if not exists {schema}.migrations (
                       name text primary key,
                       applied_at timestamptz not null default clock_timestamp()
                     )";

/// Brings the tables to the newest shape. Of several processes, one does it and the others wait.
pub(crate) async fn migrate(
    postgres: &Postgres,
    mut connection: Dedicated,
) -> Result<(), PostgresError> {
    let tx = connection.transaction().await?;
    // Until the end of the transaction. The key is the schema's, so that others do not wait.
    let lock = postgres
        .sql("select pg_advisory_xact_lock(hashtextextended('annals migrate {schema}', 0))");
    tx.batch(&lock).await?;
    let missing = &MIGRATIONS[applied(postgres, &tx).await?..];
    let Some(next) = missing.first() else {
        // So that a role that may not make tables can work with them.
        return Ok(());
    };
    make(postgres, &tx, missing)
        .await
        .map_err(|error| match error {
            PostgresError::Forbidden { reason } => PostgresError::NotMigrated {
                schema: postgres.options().schema.clone(),
                migration: next.name,
                reason,
            },
            other => other,
        })?;
    tx.commit().await
}

async fn make(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    missing: &[Migration],
) -> Result<(), PostgresError> {
    check_name(&postgres.options().schema, tx).await?;
    tx.batch(&postgres.sql(NOTES)).await?;
    for migration in missing {
        tracing::info!(migration = migration.name, "making tables");
        tx.batch(&postgres.sql(migration.sql)).await?;
        let note = format!(
            "insert into {{schema}}.migrations (name) values ('{}')",
            migration.name
        );
        tx.batch(&postgres.sql(&note)).await?;
    }
    Ok(())
}

/// Refuses a schema that is a word of SQL: which words are depends on the server's version.
async fn check_name(schema: &str, tx: &Transaction<'_>) -> Result<(), PostgresError> {
    let word = "select from pg_get_keywords() where word = $1 and catcode in ('R', 'T')";
    if tx.rows(word, &[(&schema, Type::TEXT)]).await?.is_empty() {
        return Ok(());
    }
    let reason = format!("schema {schema:?} is a word of SQL");
    Err(PostgresError::Options(reason))
}

/// How many have been applied.
async fn applied(postgres: &Postgres, tx: &Transaction<'_>) -> Result<usize, PostgresError> {
    let exists = postgres.sql("select to_regclass('{schema}.migrations') is not null");
    let exists = tx.rows(&exists, &[]).await?;
    if !exists[0].try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let names = postgres.sql("select name from {schema}.migrations order by name");
    let rows = tx.rows(&names, &[]).await?;
    for (index, row) in rows.iter().enumerate() {
        let name: &str = row.try_get(0)?;
        if MIGRATIONS.get(index).is_none_or(|known| known.name != name) {
            return Err(PostgresError::Schema {
                schema: postgres.options().schema.clone(),
                reason: format!("migration {name} is not known to this version"),
            });
        }
    }
    Ok(rows.len())
}
