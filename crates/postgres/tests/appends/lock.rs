//! The lock that every append takes, in other hands.

use annals_postgres::Postgres;
use tokio_postgres::Client;

use crate::sample::connect;

const LOCK: &str = "begin;
    select pg_advisory_xact_lock(1634627169, '{schema}.store'::regclass::oid::integer)";

const WAITING: &str = "select count(*) from pg_locks
    where not granted and classid = 1634627169 and objid = '{schema}.store'::regclass::oid";

/// The lock of a store, held by somebody else until it is dropped.
pub(crate) struct StoreLock {
    holder: Client,
    waiting: String,
}

impl StoreLock {
    /// Takes the lock.
    pub(crate) async fn hold(postgres: &Postgres) -> Self {
        let holder = connect().await;
        holder.batch_execute(&postgres.sql(LOCK)).await.unwrap();
        let waiting = postgres.sql(WAITING);
        Self { holder, waiting }
    }

    /// Returns once so many wait for it.
    pub(crate) async fn is_wanted_by(&self, sessions: i64) {
        loop {
            let row = self.holder.query_one(&self.waiting, &[]).await.unwrap();
            if row.get::<_, i64>(0) == sessions {
                return;
            }
        }
    }

    /// Lets go of it after some round trips: who asks for it now stands in line by then.
    pub(crate) async fn release(self) {
        for _ in 0..50 {
            self.holder.batch_execute("select 1").await.unwrap();
        }
    }
}
