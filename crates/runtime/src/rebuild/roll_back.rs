//! Going back to the edition that was read before.

use std::sync::Arc;

use annals_core::{
    Clock, Edition, EditionState, Editions, EventStore, Exchange, Exchanged, Position, Projector,
    QueryError, RandomIds, ReadModels, Successor, TableFold,
};
use async_trait::async_trait;

use super::catch_up::CatchUp;
use super::last_steps::LastSteps;
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
    if !is_there(editions, fold).await? {
        return Err(RebuildError::NothingToGoBackTo);
    }
    let mut previous = Previous {
        store,
        // Made before the exchange, which would wait for itself otherwise.
        previous: editions.projector(fold.clone(), Edition::Previous).await?,
        current: editions.projector(fold.clone(), Edition::Current).await?,
        failed: None,
    };
    for attempt in 1..=MOST_TRIES {
        // What may pass: perhaps somebody else keeps it up to date.
        if let Err(error) = previous.catch_up_to_end().await
            && !error.may_pass()
        {
            return Err(error);
        }
        let exchanged = editions.exchange(fold, Exchange::RollBack, &mut previous, clock.now());
        match exchanged.await {
            Ok(Exchanged::Done(position)) => return Ok(position),
            Ok(Exchanged::Missing) => return Err(RebuildError::NothingToGoBackTo),
            Ok(Exchanged::Behind { .. }) => match previous.failed.take() {
                Some(error) if !error.may_pass() => return Err(error),
                _ => {}
            },
            Err(QueryError::Unavailable { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        MOMENT.pause(attempt, &RandomIds).await;
    }
    Err(RebuildError::NeverFree)
}

/// True if the edition before is of this fold.
async fn is_there(editions: &dyn Editions, fold: &TableFold) -> Result<bool, QueryError> {
    let states = editions.list(fold.name()).await?;
    let is_it = |state: &EditionState| {
        state.edition == Edition::Previous && state.fingerprint == fold.fingerprint()
    };
    Ok(states.iter().any(is_it))
}

/// The edition before, which somebody may keep up to date already.
struct Previous<'a> {
    store: &'a Arc<dyn EventStore>,
    previous: Arc<dyn Projector>,
    current: Arc<dyn Projector>,
    failed: Option<RebuildError>,
}

impl Previous<'_> {
    async fn resume(&self) -> Result<CatchUp, RebuildError> {
        let projectors = (Arc::clone(&self.previous), Arc::clone(&self.current));
        CatchUp::resume(self.store, projectors, &RebuildOptions::default()).await
    }

    /// Takes most steps while the current edition still goes on.
    async fn catch_up_to_end(&self) -> Result<(), RebuildError> {
        let head = self.store.head().await?;
        let mut catch_up = self.resume().await?;
        while !catch_up.step(head).await?.is_last {}
        Ok(())
    }
}

#[async_trait]
impl Successor for Previous<'_> {
    async fn catch_up(&mut self, position: Position) {
        self.failed = match self.resume().await {
            Ok(mut catch_up) => {
                let mut last_steps = LastSteps::of(&mut catch_up);
                last_steps.catch_up(position).await;
                last_steps.failed
            }
            Err(error) => Some(error),
        };
    }
}
