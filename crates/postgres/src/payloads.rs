//! Payloads as JSON: an index for those who ask the view `recorded_events` for them.

use crate::error::PostgresError;
use crate::postgres::{Dedicated, Postgres};
use crate::store::PostgresStore;

const CREATE: &str = "create index concurrently if not exists events_payload
    on {schema}.events using gin ({schema}.as_json(data) jsonb_path_ops)";

const DROP: &str = "drop index concurrently if exists {schema}.events_payload";

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
    /// to it too: about as much as all other indexes together. Payloads that are not JSON are
    /// passed over.
    ///
    /// # Errors
    /// [`PostgresError::Forbidden`] unless the role owns the tables. What is left of an index whose
    /// making was interrupted is dropped by the next call.
    pub async fn index_payloads(&self) -> Result<(), PostgresError> {
        let postgres = self.postgres();
        let session = unhurried(postgres).await?;
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
        Ok(session.client.batch_execute(&postgres.sql(DROP)).await?)
    }
}

/// A session whose statements may take as long as they need.
async fn unhurried(postgres: &Postgres) -> Result<Dedicated, PostgresError> {
    let session = postgres.dedicated().await?;
    let unhurried = "set statement_timeout = 0";
    session.client.batch_execute(unhurried).await?;
    Ok(session)
}
