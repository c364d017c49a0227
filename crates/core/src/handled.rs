//! What became of events that a projection was given.

use crate::dead_letter::DeadLetter;
use crate::event::RecordedEvent;
use crate::ids::EventId;
use crate::position::Position;

/// What became of events that a projection was given, as told by the code that took in each.
#[derive(Debug, Default)]
pub struct Handled {
    /// Those that were applied or parked, in order: what a [`Ledger`](crate::Ledger) notes.
    pub events: Vec<HandledEvent>,
    /// Those that were parked.
    pub parked: Vec<DeadLetter>,
}

/// An event that was applied or parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandledEvent {
    /// Where it is in the store.
    pub position: Position,
    /// Which one it is.
    pub id: EventId,
}

impl From<&RecordedEvent> for HandledEvent {
    fn from(record: &RecordedEvent) -> Self {
        let RecordedEvent { position, id, .. } = *record;
        Self { position, id }
    }
}
