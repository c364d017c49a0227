//! Leases: of all processes that share a database, one does a piece of work.
//!
//! A row for each work says who holds it, under which token, and until when by the server's
//! clock. The `heartbeat` renews what is held.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{IdSource, Lease, LeaseError, Leases, RandomIds};
use async_trait::async_trait;
use tokio::time::Instant;
use tokio_postgres::types::Type;
use uuid::Uuid;

use self::heartbeat::{Heartbeat, Held};
use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres};

mod heartbeat;

/// Shortest time that a lease is given for: below it, it would be lost at the first hiccup.
const SHORTEST: Duration = Duration::from_millis(100);

/// For how long leases are given.
#[derive(Debug, Clone, Copy)]
pub struct LeaseOptions {
    duration: Duration,
    stuck_after: Duration,
}

/// Leases in PostgreSQL.
///
/// A lease lasts for its duration and is renewed thrice in it, on a connection apart from all
/// work. It is lost to its holder before the server gives it to another: the holder counts from
/// before it asked, the server from when it answered. Their clocks may differ, but a server whose
/// clock is set forward meanwhile gives a lease away that its holder keeps until the next renewal.
/// What is written under leases is fenced where it is written, so that even then nothing is lost.
#[derive(Debug)]
pub struct PostgresLeases {
    postgres: Postgres,
    owner: Uuid,
    options: LeaseOptions,
    heartbeat: Arc<Heartbeat>,
    acquire: String,
    held: String,
}

impl LeaseOptions {
    /// Gives a lease for so long; 100 ms at least. A killed holder's work stands still for as
    /// long.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = duration.max(SHORTEST);
        self
    }

    /// Takes a holder for stuck that is at one step of its work for so long. Its lease runs out.
    /// For a projection a step is a batch: what takes longer is tried in ever smaller ones, but a
    /// single event that does goes from process to process and is never applied.
    #[must_use]
    pub fn stuck_after(mut self, limit: Duration) -> Self {
        self.stuck_after = limit;
        self
    }
}

impl Default for LeaseOptions {
    /// Ten seconds, stuck after a minute.
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(10),
            stuck_after: Duration::from_secs(60),
        }
    }
}

impl PostgresLeases {
    /// The leases of a database, for one holder: this value.
    pub fn new(postgres: &Postgres, options: LeaseOptions) -> Self {
        // Whoever asks in vain writes nothing: many ask, over and over.
        let acquire = "insert into {read}.annals_leases as held (work, owner, token, expires_at)
                       select $1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond'
                       where not exists (select from {read}.annals_leases
                         where work = $1 and expires_at > clock_timestamp())
                       on conflict (work) do update set owner = excluded.owner,
                         token = held.token + 1, expires_at = excluded.expires_at
                       where held.expires_at <= clock_timestamp()
                       returning token";
        let held = "select work from {read}.annals_leases
                    where starts_with(work, $1) and expires_at > clock_timestamp()
                    order by work collate \"C\"";
        let owner = RandomIds.next();
        Self {
            postgres: postgres.clone(),
            owner,
            options,
            heartbeat: Arc::new(Heartbeat::new(postgres, owner, options)),
            acquire: postgres.sql(acquire),
            held: postgres.sql(held),
        }
    }

    /// The token under which it was granted, unless another holds it.
    async fn acquire(&self, work: &str) -> Result<Option<i64>, PostgresError> {
        let parameters: [Parameter<'_>; 3] = [
            (&work, Type::TEXT),
            (&self.owner, Type::UUID),
            (&milliseconds(self.options.duration), Type::FLOAT8),
        ];
        let client = self.postgres.client().await?;
        let rows = client.rows(&self.acquire, &parameters).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
    }

    async fn find_held(&self, prefix: &str) -> Result<Vec<String>, PostgresError> {
        let client = self.postgres.client().await?;
        let rows = client.rows(&self.held, &[(&prefix, Type::TEXT)]).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

#[async_trait]
impl Leases for PostgresLeases {
    async fn try_acquire(&self, work: &str) -> Result<Option<Lease>, LeaseError> {
        let asked = Instant::now();
        let Some(token) = self.acquire(work).await? else {
            return Ok(None);
        };
        let (lease, state) = Lease::granted(token.cast_unsigned());
        let held = Held {
            work: work.to_owned(),
            token,
            state,
            runs_out: asked + self.options.duration,
        };
        tokio::spawn(held.keep(Arc::clone(&self.heartbeat)));
        Ok(Some(lease))
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        Ok(self.find_held(prefix).await?)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

impl From<PostgresError> for LeaseError {
    fn from(error: PostgresError) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}
