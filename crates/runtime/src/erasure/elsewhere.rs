//! What every process does when a person is forgotten in one of them.

use std::sync::{Arc, Mutex, PoisonError};

use annals_core::{
    Position, ProjectionBatch, ProjectionError, Projector, Query, StoreId, SubjectId, events_of,
};
use annals_keys::Keyring;
use async_trait::async_trait;

use super::event::{PersonalDataEvent, erasures};
use super::places::Forgets;

/// Follows the log, and lets this process forget whoever is forgotten: their key, and what it has in
/// memory.
///
/// It is run as a [projection](crate::run_projection) is, in each process by itself, from where the
/// process began: what was forgotten before then it never knew.
pub struct ErasuresElsewhere {
    keyring: Arc<Keyring>,
    forgets: Vec<Arc<dyn Forgets>>,
    position: Mutex<Position>,
}

impl ErasuresElsewhere {
    /// Those behind a position.
    pub fn after(
        position: Position,
        keyring: Arc<Keyring>,
        forgets: Vec<Arc<dyn Forgets>>,
    ) -> Self {
        let position = Mutex::new(position);
        Self {
            keyring,
            forgets,
            position,
        }
    }

    fn reached(&self) -> Position {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn forget(&self, subject: &SubjectId) -> Result<(), ProjectionError> {
        // Whoever erases may not be that far: the key would be looked up and remembered again.
        let destroyed = self.keyring.forget(subject).await;
        destroyed.map_err(|error| ProjectionError::Unavailable(Arc::new(error)))?;
        for place in &self.forgets {
            let forgotten = place.forget(subject).await;
            forgotten.map_err(ProjectionError::Unavailable)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Projector for ErasuresElsewhere {
    fn name(&self) -> &'static str {
        "personal-data-erased"
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
        for record in &*batch.events {
            let events = events_of(record);
            let events = events.map_err(|error| ProjectionError::at(record.position, error))?;
            for event in events {
                if let PersonalDataEvent::Erased { subject } = event {
                    self.forget(&subject).await?;
                }
            }
        }
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = batch.up_to;
        Ok(())
    }
}
