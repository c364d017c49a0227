//! What every process does when a person is forgotten in one of them.

use std::sync::{Arc, Mutex, PoisonError};

use annals_core::{
    Position, ProjectionBatch, ProjectionError, Projector, Query, StoreId, SubjectId, events_of,
};
use async_trait::async_trait;

use super::Erasures;
use super::event::{PersonalDataEvent, erasures};
use super::reach::Missed;

/// Follows the log, and lets this process forget whoever is forgotten: their key, and what it has in
/// memory. Then it goes once more to what this process may have written meanwhile, with what it had in
/// memory, after whoever erases was there: snapshots, and dead letters.
///
/// It is run as a [projection](crate::run_projection) is, in each process by itself, from where the
/// process began: what was forgotten before then it never knew.
pub struct ErasuresElsewhere {
    erasures: Erasures,
    position: Mutex<Position>,
}

impl ErasuresElsewhere {
    /// What it is called as a projection.
    pub const NAME: &'static str = "personal-data-erased";

    /// Those behind a position. Persons whom these erasures forget themselves are reached by them.
    pub fn after(position: Position, erasures: Erasures) -> Self {
        let position = Mutex::new(position);
        Self { erasures, position }
    }

    fn reached(&self) -> Position {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets persons: all of them where it is quick, before any where it is not.
    async fn forget(&self, erased: &[(SubjectId, Position)]) -> Result<(), Missed> {
        let mut forgotten = Ok(());
        for (subject, _) in erased {
            // Whoever erases may not be that far: the key would be looked up and remembered again.
            let destroyed = self.erasures.shared.keyring.forget(subject).await;
            forgotten = forgotten.and(destroyed.map(drop).map_err(|_| Missed));
        }
        for (subject, at) in erased {
            let reach = self.erasures.shared.reach(subject, *at);
            forgotten = forgotten.and(reach.what_is_in_memory().await);
        }
        for (subject, at) in erased {
            if !self.erasures.runs.has(subject) {
                let reach = self.erasures.shared.reach(subject, *at);
                forgotten = forgotten.and(reach.what_was_written_late().await);
            }
        }
        forgotten
    }
}

/// Who was forgotten, and where the log says so.
fn erased_in(batch: &ProjectionBatch) -> Result<Vec<(SubjectId, Position)>, ProjectionError> {
    let mut erased = Vec::new();
    for record in &*batch.events {
        let events = events_of(record);
        let events = events.map_err(|error| ProjectionError::at(record.position, error))?;
        for event in events {
            if let PersonalDataEvent::Erased { subject } = event {
                erased.push((subject, record.position));
            }
        }
    }
    Ok(erased)
}

#[async_trait]
impl Projector for ErasuresElsewhere {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn query(&self) -> Query {
        erasures()
    }

    async fn resume(&self, _: StoreId) -> Result<Position, ProjectionError> {
        Ok(self.reached())
    }

    async fn position(&self, _: StoreId) -> Result<Position, ProjectionError> {
        Ok(self.reached())
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        let forgotten = self.forget(&erased_in(&batch)?).await;
        forgotten.map_err(|missed| ProjectionError::Unavailable(Arc::new(missed)))?;
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = batch.up_to;
        Ok(())
    }
}
