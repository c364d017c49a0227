//! A group in a transaction in which the inline projections take in what it records.

use std::sync::Arc;

use annals_core::{AppendError, ProjectionError};
use tokio::time::{Instant, timeout_at};

use super::failure::{Failure, Lost};
use super::group::Group;
use super::verdict::Answer;
use crate::error::{PostgresError, with_causes};
use crate::inline::{
    InlineProjections, InlineProjector, NotProjected, catching_up, hindrance, refusal,
};
use crate::postgres::{Dedicated, Parameter, Transaction};

impl InlineProjections {
    /// Sends a group once, and is done with it by `late`.
    pub(super) async fn send(
        &self,
        connection: &mut Dedicated,
        call: (&str, &[Parameter<'_>]),
        (group, late): (&Group, Instant),
    ) -> Result<Answer, Failure> {
        let recorded = timeout_at(late, self.record(connection, call, group)).await;
        let not_in_time = |_| Err(Failure::broken("it was not taken in in time"));
        let (answer, to_commit) = recorded.unwrap_or_else(not_in_time)?;
        if let Some(tx) = to_commit {
            let committed = timeout_at(late, commit(tx)).await;
            committed.unwrap_or_else(|_| Err(Failure::Lost(Lost::in_time())))?;
        }
        Ok(answer)
    }

    /// Records a group in a transaction, which is given back if it is to be committed. Until it is,
    /// nothing is written, whatever becomes of the connection.
    async fn record<'a>(
        &self,
        connection: &'a mut Dedicated,
        (call, parameters): (&str, &[Parameter<'_>]),
        group: &Group,
    ) -> Result<(Answer, Option<Transaction<'a>>), Failure> {
        let begun = connection.transaction().await;
        let tx = begun.map_err(|error| Failure::broken(with_causes(&error)))?;
        let rows = tx.try_rows(call, parameters).await.map_err(uncommitted)?;
        let row = rows.first().expect("a function answers with a row");
        let answer = Answer::of(row).map_err(uncommitted)?;
        let (head, last) = answer.recorded(group);
        match self.project(&tx, (head, last)).await {
            Ok(()) => Ok((answer, Some(tx))),
            // What is recorded already or refused stays so, whatever a projection says.
            Err(_) if last == head => Ok((answer, None)),
            Err(NotProjected::Behind(projector)) => Err(Failure::Behind(projector)),
            Err(NotProjected::Refused(refusal)) => Err(Failure::Unfit(refusal)),
            Err(NotProjected::Unavailable(reason)) => Err(hindered(&tx, reason).await),
        }
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
                let reason = hindrance(projector, &cause);
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
        unknown => Failure::Lost(Arc::new(unknown)),
    })
}

/// A server that still answers has said no, and says so again. Otherwise the next attempt, on a
/// new connection, is as good as the first.
async fn hindered(tx: &Transaction<'_>, reason: String) -> Failure {
    match tx.batch("rollback").await {
        Ok(()) => Failure::Refused(AppendError::Unavailable { reason }),
        Err(_) => Failure::broken(reason),
    }
}

/// What went wrong before the commit.
fn uncommitted(error: tokio_postgres::Error) -> Failure {
    match Failure::of(error) {
        Failure::Lost(cause) => Failure::broken(with_causes(&*cause)),
        said => said,
    }
}
