//! What became of events outside, for the transaction that has to know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use annals_core::{Cause, EffectError, Position};

/// What became of the events that are being released. Of all others, nothing is known.
#[derive(Clone, Default)]
pub(super) struct Outcomes(Arc<Mutex<HashMap<Position, Result<(), Cause>>>>);

/// What nobody has performed.
#[derive(Debug, thiserror::Error)]
#[error("it was released meanwhile, and not performed yet")]
struct NotPerformed;

impl Outcomes {
    pub(super) fn begin_anew(&self) {
        self.lock().clear();
    }

    pub(super) fn note(&self, position: Position, answer: Result<(), EffectError>) {
        let outcome = answer.map_err(|error| Arc::new(error) as Cause);
        self.lock().insert(position, outcome);
    }

    pub(super) fn of(&self, position: Position) -> Result<(), Cause> {
        let outcome = self.lock().get(&position).cloned();
        outcome.unwrap_or_else(|| Err(Arc::new(NotPerformed)))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Position, Result<(), Cause>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
