//! Payloads as JSON: an index for those who ask the view `recorded_events` for them.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::PostgresError;
use crate::postgres::{Dedicated, Postgres};
use crate::store::PostgresStore;

const CREATE: &str = "create index concurrently if not exists events_payload
    on {schema}.events using gin ({schema}.as_json(data) jsonb_path_ops)";

const DROP: &str = "drop index concurrently if exists {schema}.events_payload";

/// Whether it is ours now to make or drop the index.
const TURN: &str =
    "select pg_try_advisory_lock(1634627170, '{schema}.store'::regclass::oid::integer)";

/// How long to wait before it is asked whether another has finished.
const PAUSE: Duration = Duration::from_millis(200);

/// An index whose making was interrupted is there, and of no use.
const IS_BROKEN: &str = "select exists (
    select from pg_index where indexrelid = to_regclass('{schema}.events_payload') and not indisvalid)";

impl PostgresStore {
    /// Makes an index over payloads, unless it is there. The view `recorded_events` then finds
    /// events by what their payload contains without reading all of them:
    ///
    /// ```sql
    /// select * from annals.recorded_events where data @> '{"owner": "ada"}';
    /// ```
    ///
    /// It is made while appends go on, however long that takes. From then on every append writes
    /// to it too, an entry for each value of a payload. Payloads that are not JSON are passed over.
    /// While another process makes it, this waits.
    ///
    /// # Errors
    /// [`PostgresError::Forbidden`] unless the role owns the tables, [`PostgresError::Options`]
    /// behind a pooler. Dropped or failed midway, it leaves an index of no use, which the next call
    /// drops first.
    pub async fn index_payloads(&self) -> Result<(), PostgresError> {
        let postgres = self.postgres();
        let session = unhurried(postgres).await?;
        wait_for_turn(&session, postgres).await?;
        let is_broken = session
            .client
            .query_one(&postgres.sql(IS_BROKEN), &[])
            .await?
            .try_get(0)?;
        if is_broken {
            session.client.batch_execute(&postgres.sql(DROP)).await?;
        }
        Ok(session.client.batch_execute(&postgres.sql(CREATE)).await?)
    }

    /// Drops the index over payloads, if it is there.
    ///
    /// # Errors
    /// [`PostgresError::Forbidden`] unless the role owns the tables.
    pub async fn drop_payload_index(&self) -> Result<(), PostgresError> {
        let postgres = self.postgres();
        let session = unhurried(postgres).await?;
        wait_for_turn(&session, postgres).await?;
        Ok(session.client.batch_execute(&postgres.sql(DROP)).await?)
    }
}

/// A session of its own, whose statements may take as long as they need.
async fn unhurried(postgres: &Postgres) -> Result<Dedicated, PostgresError> {
    if postgres.options().pooler {
        let reason = "an index over payloads is made in a session: connect past the pooler";
        return Err(PostgresError::Options(reason.to_owned()));
    }
    let session = postgres.dedicated().await?;
    let unhurried = "set statement_timeout = 0";
    session.client.batch_execute(unhurried).await?;
    Ok(session)
}

/// Waits until no other process makes or drops the index: one that is being made looks like one
/// whose making was interrupted. The turn ends with the session.
///
/// Asked for again and again: a statement that waits would keep the index from being finished.
async fn wait_for_turn(session: &Dedicated, postgres: &Postgres) -> Result<(), PostgresError> {
    let turn = postgres.sql(TURN);
    while !session.client.query_one(&turn, &[]).await?.try_get(0)? {
        tokio::time::sleep_until(Instant::now() + PAUSE).await;
    }
    Ok(())
}
