//! The tables of a projection: made when they are new, made again when their declaration changed.

use annals_core::{Edition, EditionId, EditionState, Fingerprint, Position, TableFold, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres, Transaction};
use crate::tables::{create, in_read_schema, schema};

/// Until the end of a transaction, names without a schema are those of read models, then those of
/// extensions.
pub(crate) const SEARCH_PATH: &str = "set local search_path to {read}, public";

/// Where something is kept for each projection, of each edition.
pub(crate) const KEPT: [&str; 3] = ["annals_checkpoints", "annals_dead_letters", "annals_ledger"];

/// What a projection says of its tables.
#[derive(Debug)]
pub(crate) struct Declaration {
    /// The name of the projection.
    pub(crate) projection: &'static str,
    /// Of which edition the tables are.
    pub(crate) edition: Edition,
    /// Its tables.
    pub(crate) tables: Vec<&'static str>,
    /// The statements that make them.
    pub(crate) ddl: String,
    /// Changes with the tables and with the code that fills them.
    pub(crate) fingerprint: Fingerprint,
    /// Whether tables of another declaration stay as they are. Otherwise they are dropped and made again.
    pub(crate) others_stay: bool,
}

/// What is there of a projection, of an edition.
pub(crate) struct Installed {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) position: Position,
    pub(crate) tables: Vec<String>,
    id: EditionId,
    pub(crate) replaced_at: Option<Timestamp>,
}

impl Declaration {
    pub(crate) fn of(fold: &TableFold, edition: Edition) -> Self {
        Self {
            projection: fold.name(),
            edition,
            tables: fold.tables().iter().map(|table| table.name).collect(),
            ddl: fold.tables().iter().map(create).collect(),
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

    /// Makes the tables, unless they are there and of this declaration. Of several processes that
    /// start at once, one does it and the others wait.
    pub(crate) async fn install(&self, postgres: &Postgres) -> Result<(), PostgresError> {
        let mut client = postgres.client().await?;
        let tx = client.transaction().await?;
        lock(postgres, &tx, self.projection).await?;
        match Installed::hold(postgres, &tx, &self.key()).await? {
            Some(installed) if installed.fingerprint == self.fingerprint => return Ok(()),
            Some(_) if self.others_stay => return Ok(()),
            Some(_) => {
                tracing::warn!(
                    projection = self.key(),
                    "the declaration changed: its tables are dropped and made again from the first \
                     event"
                );
                discard(postgres, &tx, self.projection, self.edition).await?;
            }
            None => {}
        }
        let path = format!("set local search_path to {}, public", schema(self.edition));
        tx.batch(&postgres.sql(&path)).await?;
        tx.batch(&self.ddl).await?;
        self.begin(postgres, &tx).await?;
        tx.commit().await
    }

    /// Puts the projection before the first event, of no store yet and without an owner.
    async fn begin(&self, postgres: &Postgres, tx: &Transaction<'_>) -> Result<(), PostgresError> {
        let begin = "insert into {read}.annals_checkpoints
                       (projection, fingerprint, tables, position, token)
                     values ($1, $2, $3, 0, nextval('{read}.annals_tokens'))";
        let parameters: [Parameter<'_>; 3] = [
            (&self.key(), Type::TEXT),
            (&self.fingerprint.0, Type::UUID),
            (&self.tables, Type::TEXT_ARRAY),
        ];
        tx.execute(&postgres.sql(begin), &parameters).await?;
        Ok(())
    }
}

/// What is there of a projection, of an edition.
const INSTALLED: &str = "select fingerprint, position, tables, edition, replaced_at
                         from {read}.annals_checkpoints where projection = $1";

impl Installed {
    /// What is there.
    pub(crate) async fn find(
        postgres: &Postgres,
        tx: &Transaction<'_>,
        key: &str,
    ) -> Result<Option<Self>, PostgresError> {
        Self::select(tx, &postgres.sql(INSTALLED), key).await
    }

    /// What is there, kept as it is until the end of the transaction. Locked before its tables are,
    /// as by a projector: the other way round they could wait for each other.
    pub(crate) async fn hold(
        postgres: &Postgres,
        tx: &Transaction<'_>,
        key: &str,
    ) -> Result<Option<Self>, PostgresError> {
        let select = format!("{} for update", postgres.sql(INSTALLED));
        Self::select(tx, &select, key).await
    }

    async fn select(
        tx: &Transaction<'_>,
        select: &str,
        key: &str,
    ) -> Result<Option<Self>, PostgresError> {
        let rows = tx.rows(select, &[(&key, Type::TEXT)]).await?;
        rows.first().map(Self::of).transpose()
    }

    fn of(row: &Row) -> Result<Self, PostgresError> {
        let position: i64 = row.try_get(1)?;
        Ok(Self {
            fingerprint: Fingerprint(row.try_get(0)?),
            position: Position(position.cast_unsigned()),
            tables: row.try_get(2)?,
            id: EditionId(row.try_get(3)?),
            replaced_at: row.try_get(4)?,
        })
    }

    /// What is told of it.
    pub(crate) fn state(&self, edition: Edition) -> EditionState {
        EditionState {
            edition,
            id: self.id,
            fingerprint: self.fingerprint,
            position: self.position,
            replaced_at: self.replaced_at,
        }
    }
}

/// Lets nobody else make or exchange tables of a projection until the end of a transaction: there
/// may be no row yet that could be locked.
pub(crate) async fn lock(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
) -> Result<(), PostgresError> {
    let lock = "select pg_advisory_xact_lock(hashtextextended('annals install {read} ' || $1, 0))";
    let key: [Parameter<'_>; 1] = [(&projection, Type::TEXT)];
    tx.execute(&postgres.sql(lock), &key).await?;
    Ok(())
}

/// Drops the tables of an edition, and all that is kept of it.
pub(crate) async fn discard(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    projection: &str,
    edition: Edition,
) -> Result<(), PostgresError> {
    let key = edition.named(projection);
    let Some(there) = Installed::hold(postgres, tx, &key).await? else {
        return Ok(());
    };
    let tables = there.tables.iter();
    let tables: Vec<String> = tables.map(|table| in_read_schema(table, edition)).collect();
    if !tables.is_empty() {
        // All at once, because they may refer to each other.
        let drop = format!("drop table if exists {}", tables.join(", "));
        tx.batch(&postgres.sql(&drop)).await?;
    }
    for kept in KEPT {
        let forget = format!("delete from {{read}}.{kept} where projection = $1");
        tx.execute(&postgres.sql(&forget), &[(&key, Type::TEXT)])
            .await?;
    }
    Ok(())
}

/// Gives what is kept under a key another one, under which there must be nothing.
pub(crate) async fn rename(
    postgres: &Postgres,
    tx: &Transaction<'_>,
    (from, to): (&str, &str),
) -> Result<(), PostgresError> {
    for kept in KEPT {
        let rename = format!("update {{read}}.{kept} set projection = $2 where projection = $1");
        let keys: [Parameter<'_>; 2] = [(&from, Type::TEXT), (&to, Type::TEXT)];
        tx.execute(&postgres.sql(&rename), &keys).await?;
    }
    Ok(())
}
