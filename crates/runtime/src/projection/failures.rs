//! What went wrong with a running projection, and how often.

use annals_core::{Position, ProjectionError};

use super::RunError;

/// What went wrong since something last went well.
#[derive(Default)]
pub(super) struct Failures {
    in_a_row: u32,
    /// The last event that could not be applied.
    suspect: Position,
    /// How often it was tried.
    attempts: u32,
}

impl Failures {
    pub(super) fn count(&mut self, error: &RunError) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let RunError::ReadModel(ProjectionError::Event { position, .. }) = error {
            // What goes well in between, such as the events before it, is no excuse for it.
            self.attempts = match *position == self.suspect {
                true => self.attempts + 1,
                false => 1,
            };
            self.suspect = *position;
        }
    }

    /// Something went well.
    pub(super) fn end(&mut self) {
        self.in_a_row = 0;
    }

    pub(super) fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// The last event that could not be applied. Up to here events are applied one by one, so
    /// that it takes no other down with it.
    pub(super) fn suspect(&self) -> Position {
        self.suspect
    }

    /// How often the suspect was tried.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }
}
