//! The heartbeat: renews leases, for as long as their holders are alive and not stuck.

use std::sync::Arc;
use std::time::Duration;

use annals_core::LeaseState;
use tokio::sync::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout, timeout_at};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{LeaseOptions, milliseconds};
use crate::error::PostgresError;
use crate::postgres::{Dedicated, Parameter, Postgres};

/// Renews the leases of one holder, all on one connection.
#[derive(Debug)]
pub(super) struct Heartbeat {
    postgres: Postgres,
    owner: Uuid,
    options: LeaseOptions,
    /// Made when it is first needed, and again when it failed.
    connection: Mutex<Option<Dedicated>>,
    renew: String,
    free: String,
}

/// A lease that was granted.
pub(super) struct Held {
    pub(super) work: String,
    pub(super) token: i64,
    pub(super) state: LeaseState,
    /// When it is lost unless it is renewed: never later than by the server's clock.
    pub(super) runs_out: Instant,
}

impl Held {
    /// Keeps the lease until it is given back or lost. When this ends, its holder knows.
    pub(super) async fn keep(mut self, heartbeat: Arc<Heartbeat>) {
        let mut beat = interval_at(Instant::now() + heartbeat.beat(), heartbeat.beat());
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = self.state.given_back() => return heartbeat.free(&self).await,
                () = sleep_until(self.runs_out) => return self.tell_lost("it was not renewed in time"),
                _ = beat.tick() => {}
            }
            if self.is_stuck(heartbeat.options.stuck_after) {
                continue;
            }
            let asked = Instant::now();
            match timeout_at(self.runs_out, heartbeat.renew(&self)).await {
                Ok(Ok(true)) => self.runs_out = asked + heartbeat.options.duration,
                Ok(Ok(false)) => return self.tell_lost("it ran out"),
                Ok(Err(error)) => tracing::warn!(work = self.work, %error, "lease not renewed"),
                Err(_) => {}
            }
        }
    }

    fn is_stuck(&mut self, limit: Duration) -> bool {
        let stuck_for = self.state.stuck_for(Instant::now().into_std());
        let is_stuck = stuck_for >= limit;
        if is_stuck {
            tracing::warn!(
                work = self.work,
                ?stuck_for,
                "holder stuck: its lease runs out"
            );
        }
        is_stuck
    }

    fn tell_lost(&self, reason: &str) {
        tracing::warn!(work = self.work, token = self.token, reason, "lease lost");
    }
}

impl Heartbeat {
    pub(super) fn new(postgres: &Postgres, owner: Uuid, options: LeaseOptions) -> Self {
        // One that has run out stays so: it may be promised to another already.
        let renew = "update {read}.annals_leases
                     set expires_at = clock_timestamp() + $4 * interval '1 millisecond'
                     where work = $1 and owner = $2 and token = $3
                       and expires_at > clock_timestamp()";
        // The row stays: the next token is one above.
        let free = "update {read}.annals_leases set expires_at = '-infinity'
                    where work = $1 and owner = $2 and token = $3";
        Self {
            postgres: postgres.clone(),
            owner,
            options,
            connection: Mutex::new(None),
            renew: postgres.sql(renew),
            free: postgres.sql(free),
        }
    }

    /// Twice it may fail before a lease runs out.
    fn beat(&self) -> Duration {
        self.options.duration / 3
    }

    /// False if it is no longer ours.
    async fn renew(&self, held: &Held) -> Result<bool, PostgresError> {
        let duration = milliseconds(self.options.duration);
        let parameters: [Parameter<'_>; 4] = [
            (&held.work, Type::TEXT),
            (&self.owner, Type::UUID),
            (&held.token, Type::INT8),
            (&duration, Type::FLOAT8),
        ];
        Ok(self.execute(&self.renew, &parameters).await? == 1)
    }

    async fn free(&self, held: &Held) {
        let parameters: [Parameter<'_>; 3] = [
            (&held.work, Type::TEXT),
            (&self.owner, Type::UUID),
            (&held.token, Type::INT8),
        ];
        if let Err(error) = self.execute(&self.free, &parameters).await {
            tracing::warn!(work = held.work, %error, "lease not given back: it runs out by itself");
        }
    }

    /// Runs a statement, for no longer than until the next beat. A connection that failed is not
    /// used again.
    async fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64, PostgresError> {
        let execute = async {
            let mut kept = self.connection.lock().await;
            // Taken, so that it is gone if this fails or takes too long.
            let connection = match kept.take().filter(|kept| !kept.client.is_closed()) {
                Some(connection) => connection,
                None => self.postgres.dedicated().await?,
            };
            let changed = connection.client.execute_typed(sql, parameters).await?;
            *kept = Some(connection);
            Ok(changed)
        };
        let late = |_| Err(PostgresError::unavailable("no answer until the next beat"));
        timeout(self.beat(), execute).await.unwrap_or_else(late)
    }
}
