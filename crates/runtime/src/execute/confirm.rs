//! Appending until it is known what became of it.

use std::time::Duration;

use annals_core::{Aggregate, Append, AppendError, Appended, EventStore, IdSource, InvalidAppend};

use super::Order;
use crate::backoff::Backoff;
use crate::repository::Repository;

/// Most times an append is sent because its answer was lost.
const ATTEMPTS: u32 = 6;

/// Adds up to about a second: a caller who waits that long for an answer wants to know.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(20),
    most: Duration::from_millis(500),
};

impl<A: Aggregate> Repository<A> {
    /// Records an order's events. `None`: someone else came first and nothing was recorded.
    pub(super) async fn append(
        &self,
        order: &Order,
        append: Append,
    ) -> Result<Option<Appended>, AppendError> {
        match append_until_confirmed(&*self.store, &*self.ids, append).await {
            Ok(appended) => Ok(Some(appended)),
            Err(AppendError::Conflict { .. }) => Ok(None),
            // Ids made from a key are used by that key only: the same request was carried out
            // elsewhere at the same time, and its answer counts.
            Err(AppendError::Invalid(
                InvalidAppend::EventIdReused { .. } | InvalidAppend::AppendIdReused { .. },
            )) if order.key.is_some() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Sends the same append with the same ids again as long as its answer is lost.
pub(crate) async fn append_until_confirmed(
    store: &dyn EventStore,
    ids: &dyn IdSource,
    append: Append,
) -> Result<Appended, AppendError> {
    let mut unconfirmed = None;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            BACKOFF.pause(attempt, ids).await;
        }
        match store.append(append.clone()).await {
            Err(error @ AppendError::Unconfirmed { .. }) => {
                tracing::warn!(append = %append.id, %error, "sending the append again");
                unconfirmed = Some(error);
            }
            // Nothing was written by this attempt; by an earlier one it may have been.
            Err(AppendError::Unavailable { .. }) if unconfirmed.is_some() => {}
            answer => return answer,
        }
    }
    Err(unconfirmed.expect("only an unconfirmed append is sent again"))
}
