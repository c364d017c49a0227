//! Going back to the edition that was read before.

use std::sync::Arc;

use annals_core::{
    Clock, Edition, Editions, EventStore, Exchange, Exchanged, Position, QueryError, RandomIds,
    ReadModels, TableFold,
};

use super::catch_up::CatchUp;
use super::progress::RebuildError;
use super::{MOMENT, MOST_TRIES, RebuildOptions, editions};

/// Makes the previous edition of a fold's read model the current one again, and the current one the
/// previous, if it is of this fold. Whoever reads sees the other edition from then on. What it lacks
/// is folded first.
///
/// # Errors
/// [`RebuildError`]: nothing changed.
pub async fn roll_back(
    store: &Arc<dyn EventStore>,
    read_models: &dyn ReadModels,
    fold: &TableFold,
    clock: &dyn Clock,
) -> Result<Position, RebuildError> {
    let editions = editions(read_models)?;
    for attempt in 1..=MOST_TRIES {
        let now = clock.now();
        match editions.exchange(fold, Exchange::RollBack, now).await {
            Ok(Exchanged::Done(position)) => return Ok(position),
            Ok(Exchanged::Missing) => return Err(RebuildError::NothingToGoBackTo),
            Ok(Exchanged::Behind { current, .. }) => {
                match catch_up_previous(store, editions, fold, current).await {
                    Err(error) if !error.may_pass() => return Err(error),
                    _ => {}
                }
            }
            Err(QueryError::Unavailable { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        MOMENT.pause(attempt, &RandomIds).await;
    }
    Err(RebuildError::NeverFree)
}

async fn catch_up_previous(
    store: &Arc<dyn EventStore>,
    editions: &dyn Editions,
    fold: &TableFold,
    up_to: Position,
) -> Result<(), RebuildError> {
    let previous = editions.projector(fold.clone(), Edition::Previous).await?;
    let current = editions.projector(fold.clone(), Edition::Current).await?;
    let options = RebuildOptions::default();
    let mut catch_up = CatchUp::resume(store, (previous, current), &options).await?;
    while !catch_up.step(up_to).await?.is_last {}
    Ok(())
}
