//! Who moves the checkpoint of a projection on takes turns with who lets it stand still: those who use
//! clones of one handle of the database. Another one, in this process or another, moves on meanwhile,
//! and the exchange is tried again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// Turns at each projection, of an edition.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

/// A turn, until it is dropped.
pub(crate) type Turn = OwnedMutexGuard<()>;

impl Turns {
    /// Waits for whoever has the turn, in the order of those who wait.
    pub(crate) async fn take(&self, projection: &str) -> Turn {
        self.at(projection).lock_owned().await
    }

    /// There are as many as there are projections, so none is ever forgotten.
    fn at(&self, projection: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match turns.get(projection) {
            Some(turn) => Arc::clone(turn),
            None => Arc::clone(turns.entry(projection.to_owned()).or_default()),
        }
    }
}
