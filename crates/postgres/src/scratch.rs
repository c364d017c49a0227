//! Scratch places for read models: schemas that are gone with whoever made them.
//!
//! Each is leased before it is made, and so noted among the leases. What a killed process leaves
//! behind is found there once its lease has run out, and dropped when the next place is made.

use std::sync::Arc;

use annals_core::{
    IdSource, Lease, Leases, Projector, QueryError, RandomIds, ReadModels, Select, SnapshotStore,
    TableFold, Value,
};
use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio_postgres::types::Type;

use crate::error::PostgresError;
use crate::leases::{LeaseOptions, PostgresLeases};
use crate::postgres::Postgres;
use crate::read_models::PostgresReadModels;
use crate::tables::quoted;

#[cfg(test)]
mod tests;

/// What names of scratch places begin with.
const NAME: &str = "annals_scratch_";

/// What the work of holding one is called, in front of its schema.
const WORK: &str = "scratch ";

/// What read models need beside their tables, of the same shape as that at home.
const KEPT: [&str; 4] = [
    "annals_checkpoints",
    "annals_dead_letters",
    "annals_ledger",
    "annals_snapshots",
];

/// A schema for read models that are not meant to last. Dropping it drops the schema.
#[derive(Debug)]
pub(crate) struct Scratch {
    home: Postgres,
    read_models: PostgresReadModels,
    /// Nobody drops the schema while it is held.
    lease: Option<Lease>,
}

impl Scratch {
    /// Makes one beside the read models of a database, once those that were left behind are dropped.
    pub(crate) async fn make(home: &Postgres) -> Result<Self, QueryError> {
        drop_abandoned(home).await?;
        let postgres = home.in_schema(format!("{NAME}{}", RandomIds.next().simple()));
        let work = work_of(&postgres.sql("{read}"));
        let leases = PostgresLeases::new(home, LeaseOptions::default());
        let lease = leases.try_acquire(&work).await;
        let lease = lease.map_err(|error| QueryError::Unavailable {
            reason: error.to_string(),
        })?;
        // From here on it is dropped with this, whatever becomes of the rest.
        let scratch = Self {
            home: home.clone(),
            read_models: PostgresReadModels::open(&postgres),
            lease: Some(lease.expect("nobody else knows its name")),
        };
        scratch.make_schema().await?;
        Ok(scratch)
    }

    async fn make_schema(&self) -> Result<(), PostgresError> {
        let (here, home) = (self.schema(), self.home.sql("{read}"));
        let tables = KEPT.map(|table| {
            format!("create table {here}.{table} (like {home}.{table} including all);")
        });
        let mut client = self.home.client().await?;
        let tx = client.transaction().await?;
        let schema = format!("create schema {here}; create sequence {here}.annals_tokens;");
        tx.batch(&(schema + &tables.concat())).await?;
        tx.commit().await
    }

    fn schema(&self) -> String {
        self.read_models.postgres.sql("{read}")
    }
}

#[async_trait]
impl ReadModels for Scratch {
    async fn select(&self, select: Select) -> Result<Vec<Vec<Value>>, QueryError> {
        self.read_models.select(select).await
    }

    async fn projector(&self, fold: TableFold) -> Result<Arc<dyn Projector>, QueryError> {
        self.read_models.projector(fold).await
    }

    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError> {
        self.read_models.snapshots().await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Without a runtime its lease runs out, and whoever makes the next one drops it.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (home, work, lease) = (
            self.home.clone(),
            work_of(&self.schema()),
            self.lease.take(),
        );
        runtime.spawn(async move {
            drop_or_leave(&home, &work).await;
            drop(lease);
        });
    }
}

fn work_of(schema: &str) -> String {
    format!("{WORK}{schema}")
}

/// Drops the schemas that nobody holds any more.
async fn drop_abandoned(home: &Postgres) -> Result<(), PostgresError> {
    let abandoned = "select work from {read}.annals_leases
                     where starts_with(work, $1) and expires_at <= clock_timestamp()";
    let beginning = work_of(NAME);
    let client = home.client().await?;
    let rows = client
        .rows(&home.sql(abandoned), &[(&beginning, Type::TEXT)])
        .await?;
    drop(client);
    for row in rows {
        drop_or_leave(home, row.try_get(0)?).await;
    }
    Ok(())
}

/// Drops a schema. If that fails, whoever makes the next one tries again.
async fn drop_or_leave(home: &Postgres, work: &str) {
    if let Err(error) = drop_schema(home, work).await {
        tracing::warn!(work, %error, "a scratch place is not dropped yet");
    }
}

/// Drops a schema together with the note of it. Of several who do, the first one does it.
async fn drop_schema(home: &Postgres, work: &str) -> Result<(), PostgresError> {
    let mut client = home.client().await?;
    let tx = client.transaction().await?;
    let forget = home.sql("delete from {read}.annals_leases where work = $1");
    let is_first = tx.execute(&forget, &[(&work, Type::TEXT)]).await? == 1;
    if is_first {
        let schema = quoted(work.strip_prefix(WORK).unwrap_or(work));
        tx.batch(&format!("drop schema if exists {schema} cascade"))
            .await?;
    }
    tx.commit().await
}
