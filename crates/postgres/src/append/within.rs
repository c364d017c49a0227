//! An append within a transaction of the caller's own.

use std::sync::Arc;

use annals_core::{Append, AppendError, Appended, Position, StoreId};
use jiff::Timestamp;
use tokio::time::Instant;

use super::Request;
use super::columns::{CALL, Columns};
use super::group::Group;
use super::verdict::{Answer, Verdict};
use crate::error::PostgresError;
use crate::head::tell_at_commit;
use crate::inline::{InlineProjections, NotProjected, catching_up};
use crate::postgres::Transaction;
use crate::read::Reader;

/// Records an append, once the caller commits.
pub(crate) async fn append_within(
    tx: &Transaction<'_>,
    (store, reader): (StoreId, &Reader),
    inline: Option<&Arc<InlineProjections>>,
    append: Append,
) -> Result<Appended, AppendError> {
    let bytes = append.measure()?;
    check_store(tx, store, reader).await?;
    let group = group_of_one(append, bytes);
    let answer = send(tx, reader, &group).await?;
    let (mut verdicts, last) = answer.verdicts(&group);
    match verdicts.pop().expect("a verdict for each append") {
        Verdict::Known(Ok(appended)) => {
            if let Some(inline) = inline {
                project(tx, inline, answer.recorded(&group)).await?;
            }
            tell_at_commit(&reader.postgres, tx, last).await?;
            Ok(appended)
        }
        Verdict::Known(refused) => refused,
        Verdict::Conflicts(conflicts) => Err(conflicts.first()),
        Verdict::Repeats(position) => {
            let append = &group.requests[0].append;
            let answers = reader.compare_within(tx, &[(append, position)]).await;
            answers
                .into_iter()
                .next()
                .expect("an answer for each append")
        }
    }
}

/// The numbers that stand for event types are of one store, and mean something else in another.
async fn check_store(
    tx: &Transaction<'_>,
    store: StoreId,
    reader: &Reader,
) -> Result<(), PostgresError> {
    let sql = reader.postgres.sql("select id from {schema}.store");
    let rows = tx.rows(&sql, &[]).await?;
    let id = rows.first().map(|row| row.try_get(0)).transpose()?;
    match id.map(StoreId) {
        Some(id) if id == store => Ok(()),
        _ => Err(PostgresError::unavailable(format!(
            "the transaction is not one of the database of store {store}"
        ))),
    }
}

/// A group for an append that is answered here, and so by nobody else.
fn group_of_one(append: Append, bytes: usize) -> Group {
    let (request, _) = Request::new(append, bytes, Instant::now());
    Group::of(request)
}

/// Looks for repeats first, because a constraint that is violated would end the transaction. No
/// time is set: what is left of a caller that went away is rolled back.
async fn send(
    tx: &Transaction<'_>,
    reader: &Reader,
    group: &Group,
) -> Result<Answer, PostgresError> {
    let columns = Columns::learning(group, reader).await?;
    let call = reader.postgres.sql(CALL);
    let rows = tx
        .rows(&call, &columns.parameters(&Timestamp::MAX, &true))
        .await?;
    let row = rows.first().expect("a function answers with a row");
    Ok(Answer::of(row)?)
}

/// A projection that is behind is brought up to date apart from this transaction, which can only
/// be rolled back: the next attempt finds it further on.
async fn project(
    tx: &Transaction<'_>,
    inline: &Arc<InlineProjections>,
    recorded: (Position, Position),
) -> Result<(), AppendError> {
    let Err(failure) = inline.project(tx, recorded).await else {
        return Ok(());
    };
    Err(match failure {
        NotProjected::Refused(refusal) => refusal,
        NotProjected::Unavailable(reason) => AppendError::Unavailable { reason },
        NotProjected::Behind(projector) => {
            let refusal = catching_up(&*projector);
            let inline = Arc::clone(inline);
            tokio::spawn(async move { inline.catch_up_aside(&*projector).await });
            refusal
        }
    })
}
