//! Rows that were made again, put in place of those that are there.

use annals_core::{Position, ProjectionError, Replacement};

use super::TablesProjector;
use crate::bound_fold::BoundFold;
use crate::postgres::Transaction;

impl TablesProjector<BoundFold> {
    pub(crate) async fn replace(&self, replacement: &Replacement) -> Result<(), ProjectionError> {
        let mut client = self.postgres.client().await?;
        let tx = client.transaction().await?;
        self.check(&tx, replacement).await?;
        self.handler
            .write_one_by_one(&tx, &replacement.tables)
            .await?;
        self.letters.remove(&tx, &replacement.unparked).await?;
        Ok(tx.commit().await?)
    }

    /// Makes sure that all is as it was when the rows were made, until the end of the transaction.
    async fn check(
        &self,
        tx: &Transaction<'_>,
        replacement: &Replacement,
    ) -> Result<(), ProjectionError> {
        // First, because it waits for an owner that is still writing.
        let stored = self.checkpoint.hold(tx).await?;
        let parked = self.letters.parked(tx).await?;
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
}
