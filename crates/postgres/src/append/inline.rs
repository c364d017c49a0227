//! A group in a transaction in which the inline projections take in what it records.

use std::sync::Arc;

use annals_core::{AppendError, ProjectionError};
use tokio::time::{Instant, timeout_at};

use super::call::Answer;
use super::failure::Failure;
use super::group::Group;
use crate::error::PostgresError;
use crate::inline::{InlineProjections, InlineProjector, NotProjected, catching_up, refusal};
use crate::postgres::{Dedicated, Parameter, Transaction};

impl InlineProjections {
    /// Sends a group once.
    pub(super) async fn send(
        &self,
        connection: &mut Dedicated,
        (call, parameters): (&str, &[Parameter<'_>]),
        group: &Group,
    ) -> Result<Answer, Failure> {
        let tx = connection.transaction().await.map_err(lost)?;
        let rows = tx.try_rows(call, parameters).await.map_err(Failure::of)?;
        let row = rows.first().expect("a function answers with a row");
        let answer = Answer::of(row).map_err(Failure::of)?;
        let (head, last) = answer.recorded(group);
        match self.project(&tx, (head, last)).await {
            Ok(()) => commit(tx).await?,
            // What is recorded already or refused stays so, whatever a projection says.
            Err(_) if last == head => {}
            Err(failure) => return Err(failure.into()),
        }
        Ok(answer)
    }

    /// Brings a projection up to date that has too much to take in within an append.
    pub(crate) async fn catch_up_until(
        &self,
        projector: &dyn InlineProjector,
        until: Instant,
    ) -> Result<(), AppendError> {
        let caught_up = timeout_at(until, self.catch_up(projector)).await;
        match caught_up {
            Ok(Ok(())) if Instant::now() < until => Ok(()),
            Ok(Err(ProjectionError::Unavailable(cause))) => {
                let reason = cause.to_string();
                Err(AppendError::Unavailable { reason })
            }
            Ok(Err(error)) => Err(refusal(projector, Arc::new(error))),
            Ok(Ok(())) | Err(_) => Err(catching_up(projector)),
        }
    }
}

/// A transaction that the server refuses to commit is over. Of any other nobody knows.
async fn commit(tx: Transaction<'_>) -> Result<(), Failure> {
    tx.commit().await.map_err(|error| match error {
        PostgresError::Refused(_) => Failure::Refused(error.into()),
        unknown => lost(unknown),
    })
}

fn lost(error: PostgresError) -> Failure {
    Failure::Lost(Arc::new(error))
}

impl From<NotProjected> for Failure {
    fn from(failure: NotProjected) -> Self {
        match failure {
            NotProjected::Behind(projector) => Self::Behind(projector),
            NotProjected::Refused(refusal) => Self::Unfit(refusal),
            // Before the commit, so nothing is written; the next attempt is as good as the first.
            NotProjected::Unavailable(cause) => Self::Lost(cause),
        }
    }
}
