//! Rows that were made again, put in place of those that are there.

use std::sync::Arc;

use annals_core::{Position, ProjectionError, Replacement};
use rusqlite::Transaction;

use super::{Kept, TablesProjector};
use crate::bound_fold::BoundFold;
use crate::checkpoint::Checkpoint;

impl TablesProjector<BoundFold> {
    pub(crate) async fn replace(&self, replacement: Replacement) -> Result<(), ProjectionError> {
        let (checkpoint, kept) = (Arc::clone(&self.checkpoint), Arc::clone(&self.kept));
        let replace = move |tx: &Transaction<'_>| {
            check(tx, &checkpoint, &kept, &replacement)?;
            kept.handler.write(tx, &replacement.tables)?;
            Ok(kept.letters.remove(tx, &replacement.unparked)?)
        };
        self.database.transact(replace).await
    }
}

/// Makes sure that all is as it was when the rows were made.
fn check(
    tx: &Transaction<'_>,
    checkpoint: &Checkpoint,
    kept: &Kept<BoundFold>,
    replacement: &Replacement,
) -> Result<(), ProjectionError> {
    let stored = checkpoint.verify(tx)?;
    let parked = kept.letters.parked(tx)?;
    let is_parked = |position: &Position| parked.iter().any(|it| it.position == *position);
    let is_here = stored.edition == replacement.edition && stored.position == replacement.at;
    match is_here && replacement.unparked.iter().all(is_parked) {
        true => Ok(()),
        false => Err(ProjectionError::Moved {
            expected: replacement.at,
            actual: stored.position,
        }),
    }
}
