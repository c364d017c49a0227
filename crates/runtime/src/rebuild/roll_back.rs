//! Going back to the edition that was read before.

use std::sync::Arc;

use annals_core::{
    Clock, Edition, EventStore, Exchange, Exchanged, Position, Projector, QueryError, RandomIds,
    ReadModels, Successor, TableFold,
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
    let mut previous = Previous {
        store,
        // Made before the exchange, which would wait for itself otherwise.
        previous: editions.projector(fold.clone(), Edition::Previous).await?,
        current: editions.projector(fold.clone(), Edition::Current).await?,
        failed: None,
    };
    for attempt in 1..=MOST_TRIES {
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

/// The edition before, which somebody may keep up to date already.
struct Previous<'a> {
    store: &'a Arc<dyn EventStore>,
    previous: Arc<dyn Projector>,
    current: Arc<dyn Projector>,
    failed: Option<RebuildError>,
}

#[async_trait]
impl Successor for Previous<'_> {
    async fn catch_up(&mut self, position: Position) {
        let projectors = (Arc::clone(&self.previous), Arc::clone(&self.current));
        let options = RebuildOptions::default();
        self.failed = match CatchUp::resume(self.store, projectors, &options).await {
            Ok(mut catch_up) => {
                let mut last_steps = LastSteps::of(&mut catch_up);
                last_steps.catch_up(position).await;
                last_steps.failed
            }
            Err(error) => Some(error),
        };
    }
}
