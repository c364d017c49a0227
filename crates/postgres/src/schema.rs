//! The tables of a projection: made when they are new, made again when their declaration changed.

use annals_core::{Fingerprint, TableFold};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::dead_letters::Letters;
use crate::error::PostgresError;
use crate::ledger::LedgerPages;
use crate::postgres::{Parameter, Postgres, Transaction};
use crate::tables::{create, in_read_schema};

/// Until the end of a transaction, names without a schema are those of read models, then those of
/// extensions.
pub(crate) const SEARCH_PATH: &str = "set local search_path to {read}, public";

/// What a projection says of its tables.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// The name its checkpoint is kept under.
    pub(crate) projection: &'static str,
    /// Its tables.
    pub(crate) tables: Vec<&'static str>,
    /// The statements that make them.
    pub(crate) ddl: String,
    /// Changes with the tables and with the code that fills them.
    pub(crate) fingerprint: Fingerprint,
}

/// What is there of a projection.
struct Installed {
    fingerprint: Fingerprint,
    tables: Vec<String>,
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

    /// Makes the tables, unless they are there and of this declaration. Of several processes that
    /// start at once, one does it and the others wait.
    pub(crate) async fn install(&self, postgres: &Postgres) -> Result<(), PostgresError> {
        let mut client = postgres.client().await?;
        let tx = client.transaction().await?;
        self.lock(postgres, &tx).await?;
        match self.installed(postgres, &tx).await? {
            Some(installed) if installed.fingerprint == self.fingerprint => return Ok(()),
            Some(older) => self.drop_tables(postgres, &tx, &older.tables).await?,
            None => {}
        }
        tx.batch(&postgres.sql(SEARCH_PATH)).await?;
        tx.batch(&self.ddl).await?;
        Letters::of(self.projection, postgres).reset(&tx).await?;
        LedgerPages::of(self.projection, postgres)
            .reset(&tx)
            .await?;
        self.reset(postgres, &tx).await?;
        tx.commit().await
    }

    /// Held until the end of the transaction: there may be no row yet that could be locked.
    async fn lock(&self, postgres: &Postgres, tx: &Transaction<'_>) -> Result<(), PostgresError> {
        let lock =
            "select pg_advisory_xact_lock(hashtextextended('annals install {read} ' || $1, 0))";
        tx.execute(&postgres.sql(lock), &[(&self.projection, Type::TEXT)])
            .await?;
        Ok(())
    }

    async fn installed(
        &self,
        postgres: &Postgres,
        tx: &Transaction<'_>,
    ) -> Result<Option<Installed>, PostgresError> {
        // Locked before its tables are, as by a projector: the other way round they could wait
        // for each other.
        let select = "select fingerprint, tables from {read}.annals_checkpoints
                      where projection = $1 for update";
        let rows = tx
            .rows(&postgres.sql(select), &[(&self.projection, Type::TEXT)])
            .await?;
        rows.first().map(Installed::of).transpose()
    }

    async fn drop_tables(
        &self,
        postgres: &Postgres,
        tx: &Transaction<'_>,
        tables: &[String],
    ) -> Result<(), PostgresError> {
        tracing::warn!(
            projection = self.projection,
            "the declaration changed: its tables are dropped and made again from the first event"
        );
        if tables.is_empty() {
            return Ok(());
        }
        let tables: Vec<String> = tables.iter().map(|table| in_read_schema(table)).collect();
        // All at once, because they may refer to each other.
        let drop = format!("drop table if exists {}", tables.join(", "));
        tx.batch(&postgres.sql(&drop)).await
    }

    /// Puts the projection before the first event, of no store yet and without an owner.
    async fn reset(&self, postgres: &Postgres, tx: &Transaction<'_>) -> Result<(), PostgresError> {
        let reset = "insert into {read}.annals_checkpoints as old
                       (projection, fingerprint, tables, position, token) values ($1, $2, $3, 0, 0)
                     on conflict (projection) do update set fingerprint = excluded.fingerprint,
                       tables = excluded.tables, store = null, position = 0, token = old.token + 1";
        let parameters: [Parameter<'_>; 3] = [
            (&self.projection, Type::TEXT),
            (&self.fingerprint.0, Type::UUID),
            (&self.tables, Type::TEXT_ARRAY),
        ];
        tx.execute(&postgres.sql(reset), &parameters).await?;
        Ok(())
    }
}

impl Installed {
    fn of(row: &Row) -> Result<Self, PostgresError> {
        Ok(Self {
            fingerprint: Fingerprint(row.try_get(0)?),
            tables: row.try_get(1)?,
        })
    }
}
