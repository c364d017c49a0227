//! What went wrong with a running projection, and how often.

use std::num::NonZeroUsize;

use annals_core::{Failure, Position, ProjectionError, RecordedEvent, Timestamp, Tried};

use super::RunError;

/// A batch is halved so often at most, and doubled as often until it is whole again.
const MOST_HALVINGS: u32 = 16;

/// What went wrong since something last went well.
#[derive(Default)]
pub(super) struct Failures {
    in_a_row: u32,
    /// How often batches are to be halved.
    halvings: u32,
    /// How often the lease was lost since something was taken in.
    lost_leases: u32,
    /// The last event that could not be applied.
    suspect: Position,
    /// How often it was tried.
    attempts: u32,
    /// The event that is not tried again, and why.
    given_up: Option<(Position, Failure)>,
}

impl Failures {
    pub(super) fn count(&mut self, error: &RunError) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        let is_of_one_partition = matches!(
            error,
            RunError::ReadModel(ProjectionError::NotAcknowledged { .. })
        );
        if !is_of_one_partition {
            self.halve();
        }
        if let RunError::ReadModel(ProjectionError::Event { position, .. }) = error {
            // What goes well in between, such as the events before it, is no excuse for it.
            self.attempts = match *position == self.suspect {
                true => self.attempts + 1,
                false => 1,
            };
            self.suspect = *position;
        }
    }

    /// The lease was lost: maybe because a batch took so long that it looked stuck. Tells how often
    /// that was since something was taken in.
    pub(super) fn count_lost_lease(&mut self) -> u32 {
        self.halve();
        self.lost_leases = self.lost_leases.saturating_add(1);
        self.lost_leases
    }

    /// Everything up to the checkpoint is taken in.
    pub(super) fn taken_in(&mut self, checkpoint: Position) {
        self.end();
        self.given_up
            .take_if(|(position, _)| *position <= checkpoint);
        self.halvings = self.halvings.saturating_sub(1);
        self.lost_leases = 0;
    }

    /// Something went well, if only a look at what another process does.
    pub(super) fn end(&mut self) {
        self.in_a_row = 0;
    }

    fn halve(&mut self) {
        self.halvings = MOST_HALVINGS.min(self.halvings + 1);
    }

    pub(super) fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// How many events behind the checkpoint are worth a try in one batch, of `most`.
    ///
    /// Up to the last one that could not be applied it is one, so that it takes no other down with
    /// it. Otherwise fewer with each failure: what takes the database longer than it allows may go
    /// through in parts.
    pub(super) fn at_once(&self, checkpoint: Position, most: NonZeroUsize) -> usize {
        match checkpoint < self.suspect {
            true => 1,
            false => (most.get() >> self.halvings).max(1),
        }
    }

    /// How often the suspect was tried.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The suspect is not tried again.
    pub(super) fn give_up(&mut self, error: String, code_version: &str, at: Timestamp) {
        let tried = Tried {
            attempts: self.attempts,
            code_version: code_version.to_owned(),
            at,
        };
        self.given_up = Some((self.suspect, Failure { error, tried }));
    }

    /// The event among these that is not tried again.
    pub(super) fn given_up(&self, events: &[RecordedEvent]) -> Option<(Position, Failure)> {
        let is_among = |position| events.iter().any(|event| event.position == position);
        self.given_up
            .clone()
            .filter(|(position, _)| is_among(*position))
    }
}
