//! A fold, bound to its tables.

use std::slice;

use annals_core::{
    Edition, Folding, Handled, Parking, Progress, ProjectionError, Query, RecordedEvent, TableFold,
    TableWrites, Value,
};
use async_trait::async_trait;

use crate::error::PostgresError;
use crate::postgres::{Postgres, Transaction};
use crate::projector::{Handler, NotHandled, Pace};
use crate::rows::RowStatements;

/// A fold with the statements for each of its tables.
///
/// Whatever the size of a batch, it takes one statement for each table to load the rows it
/// touches, and one to write them.
#[derive(Debug)]
pub(crate) struct BoundFold {
    fold: TableFold,
    /// In the order of the fold's tables.
    statements: Vec<RowStatements>,
}

impl BoundFold {
    pub(crate) fn new(postgres: &Postgres, fold: TableFold, edition: Edition) -> Self {
        let tables = fold.tables().iter();
        let statements = tables.map(|table| RowStatements::of(table, edition, postgres));
        Self {
            statements: statements.collect(),
            fold,
        }
    }

    async fn load(
        &self,
        tx: &Transaction<'_>,
        folding: &mut Folding,
        missing: Vec<(usize, Vec<Value>)>,
    ) -> Result<(), ProjectionError> {
        let mut keys: Vec<Vec<Vec<Value>>> = vec![Vec::new(); self.statements.len()];
        for (table, key) in missing {
            keys[table].push(key);
        }
        for (table, keys) in keys.into_iter().enumerate() {
            let mut rows = self.statements[table].load(tx, &keys).await?;
            for key in keys {
                let row = rows.remove(&key);
                folding.loaded(table, key, row);
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        tx: &Transaction<'_>,
        writes: &[TableWrites],
    ) -> Result<(), PostgresError> {
        for (statements, writes) in self.statements.iter().zip(writes) {
            statements.clear(tx, writes).await?;
            statements.put(tx, &writes.put).await?;
        }
        Ok(())
    }

    /// Writes the same row by row, to find the event whose row is refused.
    pub(crate) async fn write_one_by_one(
        &self,
        tx: &Transaction<'_>,
        writes: &[TableWrites],
    ) -> Result<(), ProjectionError> {
        for (statements, writes) in self.statements.iter().zip(writes) {
            statements.clear(tx, writes).await?;
            for row in &writes.put {
                let put = statements.put(tx, slice::from_ref(row)).await;
                put.map_err(|error| error.at(row.by))?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Handler for BoundFold {
    fn query(&self) -> Query {
        self.fold.query().clone()
    }

    async fn handle(
        &self,
        tx: &Transaction<'_>,
        events: &[RecordedEvent],
        parking: Parking,
        pace: Pace,
    ) -> Result<Handled, NotHandled> {
        let mut folding = self.fold.begin_with(parking);
        while let Progress::Missing(rows) = folding.advance(events)? {
            self.load(tx, &mut folding, rows).await?;
        }
        let (writes, handled) = folding.finish();
        match pace {
            Pace::OneByOne => self.write_one_by_one(tx, &writes).await?,
            Pace::AtOnce => match self.write(tx, &writes).await {
                Err(error) if !error.is_unavailable() => return Err(NotHandled::OneOfMany(error)),
                written => written.map_err(ProjectionError::from)?,
            },
        }
        Ok(handled)
    }
}
