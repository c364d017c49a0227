//! The connection of a writer: appends are prepared on it, and it knows the server's clock.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_postgres::Statement;

use super::failure::Failure;
use super::verdict::Answer;
use crate::error::PostgresError;
use crate::patience::is_alive;
use crate::postgres::{Dedicated, Parameter, Postgres};

/// A connection, with what is known of the server's clock.
pub(super) struct Session {
    pub(super) connection: Dedicated,
    /// None behind a pooler, where the next statement may run in another session.
    prepared: Option<Statement>,
    /// A time of the server's clock, and when it was heard.
    pub(super) server_time: (Timestamp, Instant),
}

impl Session {
    pub(super) async fn open(postgres: &Postgres, call: &str) -> Result<Self, PostgresError> {
        let connection = postgres.dedicated().await?;
        let client = &connection.client;
        let heard = client
            .query_typed_one("select clock_timestamp()", &[])
            .await?;
        let server_time = (heard.try_get(0)?, Instant::now());
        let prepared = if postgres.options().pooler {
            None
        } else {
            // Whatever is appended, its plan is the same, and takes longer to make than to follow.
            client
                .batch_execute("set plan_cache_mode = force_generic_plan")
                .await?;
            Some(client.prepare(call).await?)
        };
        Ok(Self {
            connection,
            prepared,
            server_time,
        })
    }

    pub(super) async fn is_alive(&self) -> bool {
        let (_, heard) = self.server_time;
        is_alive(&self.connection.client, heard).await
    }

    /// A moment on the server's clock.
    pub(super) fn until(&self, until: Instant) -> Timestamp {
        let (heard, at) = self.server_time;
        let left = SignedDuration::try_from(until.saturating_duration_since(at))
            .unwrap_or(SignedDuration::ZERO);
        heard.checked_add(left).unwrap_or(Timestamp::MAX)
    }

    pub(super) async fn send(
        &self,
        call: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Answer, Failure> {
        let client = &self.connection.client;
        let answered = match &self.prepared {
            Some(prepared) => {
                let values: Vec<_> = parameters.iter().map(|(value, _)| *value).collect();
                client.query_one(prepared, &values).await
            }
            None => client.query_typed_one(call, parameters).await,
        };
        answered
            .and_then(|row| Answer::of(&row))
            .map_err(Failure::of)
    }
}
