//! Checkpoints, as databases keep them beside the tables of a projection.

use crate::ids::{EditionId, StoreId};
use crate::position::Position;
use crate::projection::ProjectionError;
use crate::snapshot::Fingerprint;

/// The checkpoint of one projection, as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// The declaration that the tables are of.
    pub fingerprint: Fingerprint,
    /// The store whose events they are made of; none before it was first taken over.
    pub store: Option<StoreId>,
    /// Up to where its events are applied.
    pub position: Position,
    /// The edition that it is of.
    pub edition: EditionId,
}

impl StoredCheckpoint {
    /// Where it is, for a projection that declares its tables so, and takes in events of `store`.
    ///
    /// # Errors
    /// [`ProjectionError::Superseded`] when the tables are of another declaration,
    /// [`ProjectionError::WrongStore`] when they are made from another store.
    pub fn position_for(
        &self,
        projection: &str,
        declared: Fingerprint,
        store: StoreId,
    ) -> Result<Position, ProjectionError> {
        self.verify(projection, declared)?;
        match self.store {
            Some(actual) if actual != store => Err(ProjectionError::WrongStore {
                projection: projection.to_owned(),
                expected: store,
                actual,
            }),
            _ => Ok(self.position),
        }
    }

    /// Makes sure that the tables are those of a declaration.
    ///
    /// # Errors
    /// [`ProjectionError::Superseded`] when they are of another.
    pub fn verify(&self, projection: &str, declared: Fingerprint) -> Result<(), ProjectionError> {
        if self.fingerprint == declared {
            return Ok(());
        }
        let projection = projection.to_owned();
        Err(ProjectionError::Superseded { projection })
    }
}
