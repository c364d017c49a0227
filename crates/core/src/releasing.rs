//! Trying parked events again: the part that is the same in every database.

use std::collections::BTreeMap;

use crate::dead_letter::{DeadLetter, Failure, Released, Tried};
use crate::event::RecordedEvent;
use crate::parking::Parking;
use crate::position::Position;
use crate::projection::ProjectionError;

/// Parked events that are tried again, all in one transaction.
///
/// A database takes in [`events`](Self::events) with [`parking`](Self::parking). Some failures show
/// only when rows are written, and fail all events: then it takes back what was written, tells
/// [`goes_on_without`](Self::goes_on_without), and tries the others.
#[derive(Debug)]
pub struct Releasing {
    events: Vec<RecordedEvent>,
    letters: BTreeMap<Position, DeadLetter>,
    tried: Tried,
    failed: BTreeMap<Position, Failure>,
}

impl Releasing {
    /// Those of the events that are parked, as the letters of the projection tell.
    pub fn new(letters: Vec<DeadLetter>, events: &[RecordedEvent], tried: Tried) -> Self {
        let letters = letters.into_iter().map(|letter| (letter.position, letter));
        let letters: BTreeMap<_, _> = letters.collect();
        let is_parked = |event: &&RecordedEvent| letters.contains_key(&event.position);
        Self {
            events: events.iter().filter(is_parked).cloned().collect(),
            letters,
            tried,
            failed: BTreeMap::new(),
        }
    }

    /// The events that are tried.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// What they have to wait for, and which of them failed by now.
    pub fn parking(&self) -> Parking {
        let mut parking = Parking::of_failures(self.tried.clone());
        for letter in self.letters.values() {
            match self.is_tried(letter.position) {
                true => parking.had_keys(letter),
                false => parking.wait_behind(letter.clone()),
            }
        }
        for (position, failure) in &self.failed {
            parking.fail(*position, failure.clone());
        }
        parking
    }

    /// Takes note of an event that failed all of them.
    ///
    /// # Errors
    /// The failure, if it is not that of one of the events, or of one that had failed before.
    pub fn goes_on_without(&mut self, failure: ProjectionError) -> Result<(), ProjectionError> {
        match failure {
            ProjectionError::Event { position, cause }
                if self.is_tried(position) && !self.failed.contains_key(&position) =>
            {
                let (error, tried) = (cause.to_string(), self.tried.clone());
                self.failed.insert(position, Failure { error, tried });
                Ok(())
            }
            other => Err(other),
        }
    }

    /// What came of it, given the events that were parked again: the letters to be kept are told
    /// beside.
    pub fn end(self, parked: Vec<DeadLetter>) -> (Released, Vec<DeadLetter>) {
        let mut released = Released::default();
        let mut kept = Vec::new();
        for letter in parked {
            released.parked.push(letter.position);
            let before = &self.letters[&letter.position];
            kept.push(letter.after(before));
        }
        let tried = self.events.iter().map(|event| event.position);
        let is_applied = |position: &Position| released.parked.binary_search(position).is_err();
        released.applied = tried.filter(is_applied).collect();
        (released, kept)
    }

    fn is_tried(&self, position: Position) -> bool {
        let found = self
            .events
            .binary_search_by_key(&position, |event| event.position);
        found.is_ok()
    }
}
