//! Whether what is kept is the fold of the log up to where it says it is.

use std::fmt::Display;

use annals::runtime::RebuildError;
use annals::{
    DeadLetter, Edition, EditionState, EventStore, Position, ProjectionError, QueryError, Read,
    ReadModels, RecordedEvent, Sample, Source, TableFold, Value,
};

use crate::bank::folds;
use crate::reckoning::Reckoning;

/// More than there ever are.
const ALL: u32 = 1_000_000;

/// The log as the store has it.
pub(crate) async fn log_of(store: &dyn EventStore) -> Vec<RecordedEvent> {
    let read = store.read(Read::forwards(Source::all())).await;
    read.unwrap().collect().await.unwrap()
}

/// Every edition of both read models is the fold of the log up to its checkpoint, and what is parked
/// is what must be. Nobody may be writing, but what a process that is no more began may end. Answers how
/// many editions there are.
///
/// # Panics
/// When one is not.
pub(crate) async fn all_are_folds(read_models: &dyn ReadModels, log: &[RecordedEvent]) -> usize {
    let mut count = 0;
    for fold in folds() {
        for state in editions(read_models, &fold).await {
            let (position, parked) = kept(read_models, &fold, state.edition, log).await;
            let must_be = Reckoning::at(position, log).parked;
            let (name, edition) = (fold.name(), state.edition);
            assert_eq!(parked, must_be, "parked by {edition} {name} at {position}");
            count += 1;
        }
    }
    count
}

/// Where an edition is, and what it has parked there.
async fn kept(
    read_models: &dyn ReadModels,
    fold: &TableFold,
    edition: Edition,
    log: &[RecordedEvent],
) -> (Position, Vec<Position>) {
    loop {
        let position = is_a_fold(read_models, fold, edition, log).await;
        let parked = parked(read_models, fold, edition).await;
        if is_a_fold(read_models, fold, edition, log).await == position {
            return (position, parked);
        }
    }
}

/// One edition is the fold of the log up to its checkpoint, whoever may be writing. Answers where that
/// is.
///
/// # Panics
/// When it is not.
pub(crate) async fn is_a_fold(
    read_models: &dyn ReadModels,
    fold: &TableFold,
    edition: Edition,
    log: &[RecordedEvent],
) -> Position {
    let editions = read_models.editions().unwrap();
    let kept = answered(async || editions.rows(fold, edition, Sample::Random(ALL)).await).await;
    let must_be = Reckoning::at(kept.position, log).rows(fold.name());
    for (table, must_be) in kept.tables.into_iter().zip(must_be) {
        assert_eq!(
            sorted(&table.rows),
            sorted(&must_be),
            "{edition} {} at {}",
            fold.name(),
            kept.position
        );
    }
    kept.position
}

pub(crate) async fn editions(read_models: &dyn ReadModels, fold: &TableFold) -> Vec<EditionState> {
    let editions = read_models.editions().unwrap();
    answered(async || editions.list(fold.name()).await).await
}

async fn parked(read_models: &dyn ReadModels, fold: &TableFold, edition: Edition) -> Vec<Position> {
    let editions = read_models.editions().unwrap();
    let projector = answered(async || editions.projector(fold.clone(), edition).await).await;
    let letters = projector.dead_letters().unwrap();
    let letters = answered(async || letters.list(Position::START, ALL).await).await;
    letters
        .iter()
        .map(|letter: &DeadLetter| letter.position)
        .collect()
}

/// What the database answers. A connection that was cut may still be lent once.
pub(crate) async fn answered<T, E: Outage>(ask: impl AsyncFn() -> Result<T, E>) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) if error.is_outage() => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// An error that may pass.
pub(crate) trait Outage: Display {
    fn is_outage(&self) -> bool;
}

impl Outage for QueryError {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

impl Outage for ProjectionError {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl Outage for RebuildError {
    fn is_outage(&self) -> bool {
        match self {
            Self::ReadModel(error) => error.is_outage(),
            Self::Editions(error) => error.is_outage(),
            _ => false,
        }
    }
}

fn sorted(rows: &[Vec<Value>]) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}
