//! Scratch places for read models: schemas that are gone with whoever made them.
//!
//! Each is leased before it is made, and so noted among the leases. What a killed process leaves
//! behind is found there once its lease has run out, and dropped when the next place is made.

use std::sync::Arc;
use std::time::Duration;

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
use crate::schema::KEPT;
use crate::tables::quoted;

#[cfg(test)]
mod tests;

/// What names of scratch places begin with.
const NAME: &str = "annals_scratch_";

/// What the work of holding one is called, in front of its schema.
const WORK: &str = "scratch ";

/// What becomes of who was cut off from the database for longer than a place is leased.
const GIVEN_UP: &str = "the lease of the scratch place ran out; make another one";

/// For how long a place is leased: a database that stands still for a while takes none away.
const LEASED_FOR: Duration = Duration::from_secs(15 * 60);

/// Where snapshots are, beside what is kept of each projection.
const SNAPSHOTS: &str = "annals_snapshots";

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
        let scratch = Self::lease(home).await?;
        let made = scratch.make_schema().await;
        made.map_err(saying_what_to_grant)?;
        Ok(scratch)
    }

    /// One that is noted, and not made yet. It is dropped with this, however far it came.
    async fn lease(home: &Postgres) -> Result<Self, QueryError> {
        let postgres = home.in_schema(format!("{NAME}{}", RandomIds.next().simple()));
        let options = LeaseOptions::default().duration(LEASED_FOR);
        let leases = PostgresLeases::new(home, options);
        let lease = leases.try_acquire(&work_of(&postgres.sql("{read}"))).await;
        let lease = lease.map_err(|error| QueryError::Unavailable {
            reason: error.to_string(),
        })?;
        Ok(Self {
            home: home.clone(),
            read_models: PostgresReadModels::open(&postgres),
            lease: Some(lease.expect("nobody else knows its name")),
        })
    }

    /// Makes the schema of one that is noted. Whoever drops it waits for that, or was there before.
    async fn make_schema(&self) -> Result<(), PostgresError> {
        let (here, home) = (self.schema(), self.home.sql("{read}"));
        // Of the same shape as those at home.
        let tables = KEPT.into_iter().chain([SNAPSHOTS]).map(|table| {
            format!("create table {here}.{table} (like {home}.{table} including all);")
        });
        let mut client = self.home.client().await?;
        let tx = client.transaction().await?;
        let note = "select from {read}.annals_leases where work = $1 for update";
        let (note, work) = (self.home.sql(note), work_of(&here));
        if tx.rows(&note, &[(&work, Type::TEXT)]).await?.is_empty() {
            return Err(PostgresError::unavailable(GIVEN_UP));
        }
        let schema = format!("create schema {here}; create sequence {here}.annals_tokens;");
        tx.batch(&(schema + &tables.collect::<String>())).await?;
        tx.commit().await
    }

    /// Somebody else may drop what is not leased any more.
    fn check_lease(&self) -> Result<(), QueryError> {
        match self.lease.as_ref().is_some_and(Lease::is_lost) {
            true => Err(PostgresError::unavailable(GIVEN_UP).into()),
            false => Ok(()),
        }
    }

    fn schema(&self) -> String {
        self.read_models.postgres.sql("{read}")
    }
}

#[async_trait]
impl ReadModels for Scratch {
    async fn select(&self, select: Select) -> Result<Vec<Vec<Value>>, QueryError> {
        self.check_lease()?;
        self.read_models.select(select).await
    }

    async fn projector(&self, fold: TableFold) -> Result<Arc<dyn Projector>, QueryError> {
        self.check_lease()?;
        self.read_models.projector(fold).await
    }

    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError> {
        self.check_lease()?;
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

/// What it takes to make schemas is a right of its own, which a service has only if it is wanted.
fn saying_what_to_grant(error: PostgresError) -> PostgresError {
    match error {
        PostgresError::Forbidden { reason } => PostgresError::Forbidden {
            reason: format!("{reason}; a scratch place takes `grant create on database`"),
        },
        other => other,
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
