//! A fold, bound to its tables.

use annals_core::{
    Edition, Handled, Parking, Progress, ProjectionError, Query, RecordedEvent, TableFold,
    TableWrites,
};
use rusqlite::Transaction;

use crate::projector::Handler;
use crate::rows::RowStatements;

/// A fold with the statements for each of its tables.
///
/// Whatever the size of a batch, each row it touches is read once and written once.
#[derive(Debug)]
pub(crate) struct BoundFold {
    fold: TableFold,
    statements: Vec<RowStatements>,
}

impl BoundFold {
    pub(crate) fn new(fold: TableFold, edition: Edition) -> Self {
        let tables = fold.tables().iter();
        let statements = tables
            .map(|table| RowStatements::of(table, edition))
            .collect();
        Self { fold, statements }
    }

    /// Writes to each table of the fold.
    pub(crate) fn write(
        &self,
        tx: &Transaction<'_>,
        tables: &[TableWrites],
    ) -> Result<(), ProjectionError> {
        for (statements, writes) in self.statements.iter().zip(tables) {
            statements.write(tx, writes)?;
        }
        Ok(())
    }
}

impl Handler for BoundFold {
    fn query(&self) -> Query {
        self.fold.query().clone()
    }

    fn handle(
        &self,
        tx: &Transaction<'_>,
        events: &[RecordedEvent],
        parking: Parking,
    ) -> Result<Handled, ProjectionError> {
        let readers = self.statements.iter().map(|rows| rows.reader(tx));
        let mut readers = readers.collect::<Result<Vec<_>, _>>()?;
        let mut folding = self.fold.begin_with(parking);
        while let Progress::Missing(rows) = folding.advance(events)? {
            for (table, key) in rows {
                let row = readers[table].load(&key)?;
                folding.loaded(table, key, row);
            }
        }
        let (writes, handled) = folding.finish();
        self.write(tx, &writes)?;
        Ok(handled)
    }
}
