//! Folding a candidate from the events, in large batches: one is read while another is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use annals_core::{
    DeadLetter, DeadLetters, EventStore, Failure, ParkCause, Position, ProjectionBatch,
    ProjectionError, Projector, Read, ReadError, RecordedEvent, Source, Timestamp, Tried,
};

use super::RebuildOptions;
use super::progress::RebuildError;
use crate::batches::{Batch, Batches};

/// How many letters are read at once.
const LETTERS: u32 = 500;

/// A candidate on its way to the end of the store.
pub(super) struct CatchUp {
    store: Arc<dyn EventStore>,
    candidate: Arc<dyn Projector>,
    current: Arc<dyn Projector>,
    batches: Batches,
    position: Position,
    /// What was read ahead, on the way to where.
    next: Option<(Position, Batch)>,
    /// Events that are parked without a try: those that were skipped for good in the current edition,
    /// and those that are parked in it and failed here as well.
    parked: BTreeMap<Position, DeadLetter>,
}

/// One batch that was folded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Up to where the candidate is complete.
    pub(super) position: Position,
    /// Where the store ended when it was read.
    pub(super) head: Position,
    /// How many events it was.
    pub(super) events: u64,
    /// True if that is where it was to go.
    pub(super) is_last: bool,
}

impl CatchUp {
    /// Goes on where the candidate is.
    pub(super) async fn resume(
        store: &Arc<dyn EventStore>,
        (candidate, current): (Arc<dyn Projector>, Arc<dyn Projector>),
        options: &RebuildOptions,
    ) -> Result<Self, RebuildError> {
        let position = candidate.resume(store.id()).await?;
        let skipped = match current.dead_letters() {
            Some(letters) => skipped(letters).await?,
            None => BTreeMap::new(),
        };
        if let Some(letters) = candidate.dead_letters() {
            // It may have been broken off between the two steps of `park`.
            for (given_up, letter) in skipped.range(..=position) {
                if let Some(skipped) = &letter.skipped {
                    letters.skip(*given_up, skipped.clone()).await?;
                }
            }
        }
        Ok(Self {
            store: Arc::clone(store),
            candidate,
            current,
            batches: options.batches(),
            position,
            next: None,
            parked: skipped,
        })
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// True if an event between two positions concerns the read model.
    pub(super) async fn misses_any(
        &self,
        after: Position,
        up_to: Position,
    ) -> Result<bool, ReadError> {
        let source = Source::query_after(self.candidate.query(), after);
        let mut events = self.store.read(Read::forwards(source).limit(1)).await?;
        let first = events.try_next().await?;
        Ok(first.is_some_and(|event| event.position <= up_to))
    }

    /// Folds one batch, on the way to a position.
    pub(super) async fn step(&mut self, up_to: Position) -> Result<Step, RebuildError> {
        let batch = match self.next.take() {
            // What was read to go elsewhere may go too far.
            Some((to, batch)) if to == up_to => batch,
            _ => self.read(self.position, up_to).await?,
        };
        match batch.first_of(&self.parked) {
            Some(0) => self.park(&batch).await,
            Some(place) => self.fold(batch.up_to_event(place), up_to).await,
            None => self.fold(batch, up_to).await,
        }
    }

    async fn fold(&mut self, batch: Batch, up_to: Position) -> Result<Step, RebuildError> {
        let (applied, next) = tokio::join!(self.apply(&batch), self.read_ahead(&batch, up_to));
        if let Err(RebuildError::ReadModel(ProjectionError::Event { position, cause })) = applied {
            self.park_as_in_current(position, cause.to_string()).await?;
            return Ok(self.stay(&batch));
        }
        applied?;
        self.next = next?.map(|batch| (up_to, batch));
        self.position = batch.up_to;
        Ok(batch.step())
    }

    /// Lets an event be parked that failed, if it is parked in the current edition too.
    async fn park_as_in_current(
        &mut self,
        position: Position,
        error: String,
    ) -> Result<(), RebuildError> {
        let before = Position(position.0.saturating_sub(1));
        let known = match self.current.dead_letters() {
            Some(letters) => letters.list(before, 1).await?,
            None => Vec::new(),
        };
        let known = known.into_iter().find(|letter| letter.position == position);
        let is_new = known.map(|letter| self.parked.insert(position, letter).is_none());
        match is_new {
            Some(true) => Ok(()),
            _ => Err(RebuildError::EventFails { position, error }),
        }
    }

    /// Parks the first event of a batch, without those behind it.
    async fn park(&mut self, batch: &Batch) -> Result<Step, RebuildError> {
        let event = &batch.events[0];
        let letter = &self.parked[&event.position];
        let Some(letters) = self.candidate.dead_letters() else {
            let (position, error) = (event.position, "it is parked".to_owned());
            return Err(RebuildError::EventFails { position, error });
        };
        let alone = ProjectionBatch {
            after: self.position,
            up_to: event.position,
            events: [event.clone()].into(),
        };
        letters
            .park(alone, event.position, failure_of(letter))
            .await?;
        if let Some(skipped) = &letter.skipped {
            letters.skip(event.position, skipped.clone()).await?;
        }
        self.position = event.position;
        Ok(Step {
            position: event.position,
            events: 1,
            is_last: false,
            ..batch.step()
        })
    }

    /// A step that led nowhere.
    fn stay(&self, batch: &Batch) -> Step {
        Step {
            position: self.position,
            events: 0,
            is_last: false,
            ..batch.step()
        }
    }

    async fn apply(&self, batch: &Batch) -> Result<(), RebuildError> {
        if batch.up_to == self.position {
            return Ok(());
        }
        let applied = self.candidate.apply(ProjectionBatch {
            after: self.position,
            up_to: batch.up_to,
            events: Arc::clone(&batch.events),
        });
        Ok(applied.await?)
    }

    async fn read_ahead(
        &self,
        batch: &Batch,
        up_to: Position,
    ) -> Result<Option<Batch>, RebuildError> {
        match batch.is_last {
            true => Ok(None),
            false => Ok(Some(self.read(batch.up_to, up_to).await?)),
        }
    }

    async fn read(&self, after: Position, up_to: Position) -> Result<Batch, ReadError> {
        let query = self.candidate.query();
        self.batches.read(&*self.store, query, (after, up_to)).await
    }
}

impl Batch {
    /// Where the first of some events is among these.
    fn first_of(&self, some: &BTreeMap<Position, DeadLetter>) -> Option<usize> {
        let mut events = self.events.iter();
        let is_one = |event: &RecordedEvent| some.contains_key(&event.position);
        match some.is_empty() {
            true => None,
            false => events.position(is_one),
        }
    }

    /// What is before one of its events.
    fn up_to_event(&self, place: usize) -> Self {
        let before = self.events[place].position.0.saturating_sub(1);
        Self {
            events: self.events[..place].into(),
            up_to: Position(before),
            head: self.head,
            is_last: false,
        }
    }

    fn step(&self) -> Step {
        Step {
            position: self.up_to,
            head: self.head,
            events: self.events.len() as u64,
            is_last: self.is_last,
        }
    }
}

/// The events that were skipped for good.
async fn skipped(
    letters: &dyn DeadLetters,
) -> Result<BTreeMap<Position, DeadLetter>, ProjectionError> {
    let mut skipped = BTreeMap::new();
    let mut after = Position::START;
    loop {
        let page = letters.list(after, LETTERS).await?;
        let Some(last) = page.last() else {
            return Ok(skipped);
        };
        after = last.position;
        let given_up = page.into_iter().filter(|letter| letter.skipped.is_some());
        skipped.extend(given_up.map(|letter| (letter.position, letter)));
    }
}

/// Why an event is parked, as a letter tells it.
fn failure_of(letter: &DeadLetter) -> Failure {
    match (&letter.cause, &letter.skipped) {
        (ParkCause::Failed(failure), _) => failure.clone(),
        (ParkCause::Waits(first), skipped) => Failure {
            error: format!("it waited for the event at position {first}"),
            tried: Tried {
                attempts: 0,
                code_version: String::new(),
                at: skipped
                    .as_ref()
                    .map_or(Timestamp::UNIX_EPOCH, |skipped| skipped.at),
            },
        },
    }
}
