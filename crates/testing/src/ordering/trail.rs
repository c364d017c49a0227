//! What a follower saw, and where its checkpoint stood meanwhile.

use annals_core::{Delivery, Position, Query, RecordedEvent};

/// What a follower saw, and where its checkpoint stood meanwhile.
#[derive(Debug, Clone)]
pub(super) struct Trail {
    /// Which follower, to be read after "the follower that".
    pub(super) follower: String,
    /// What it asks for.
    pub(super) query: Query,
    /// Where it began.
    pub(super) after: Position,
    /// The events, in the order of their arrival.
    pub(super) seen: Vec<RecordedEvent>,
    /// Each place of its checkpoint, and how many events it had seen there.
    pub(super) checkpoints: Vec<(Position, usize)>,
}

impl Trail {
    /// From where the follower would go on.
    pub(super) fn checkpoint(&self) -> Position {
        self.checkpoints
            .last()
            .map_or(self.after, |(position, _)| *position)
    }

    pub(super) fn note(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Event(event) => self.saw(*event),
            Delivery::CaughtUp(position) => self.caught_up(position),
        }
    }

    pub(super) fn saw(&mut self, event: RecordedEvent) {
        let position = event.position;
        self.seen.push(event);
        self.caught_up(position);
    }

    /// Everything up to a position has come, or was not asked for.
    pub(super) fn caught_up(&mut self, position: Position) {
        self.checkpoints.push((position, self.seen.len()));
    }
}
