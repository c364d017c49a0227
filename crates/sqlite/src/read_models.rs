//! The database as a place for read models.

use std::sync::Arc;

use annals_core::{
    Edition, Editions, Projector, QueryError, ReadModels, Select, SnapshotStore, TableFold, Value,
};
use async_trait::async_trait;
use rusqlite::params_from_iter;

use crate::bound_fold::BoundFold;
use crate::database::Database;
use crate::projector::TablesProjector;
use crate::schema::Declaration;
use crate::select::statement;
use crate::snapshots::SnapshotTable;
use crate::value::{parameters, read_row};

#[async_trait]
impl ReadModels for Database {
    async fn select(&self, select: Select) -> Result<Vec<Vec<Value>>, QueryError> {
        let columns = select.table.columns;
        let (sql, values) = statement(select)?;
        let rows = self.query(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(parameters(&values)))?;
            let mut page = Vec::new();
            while let Some(row) = rows.next()? {
                page.push(read_row(columns, row)?);
            }
            Ok(page)
        });
        Ok(rows.await?)
    }

    async fn projector(&self, fold: TableFold) -> Result<Arc<dyn Projector>, QueryError> {
        let declaration = Declaration::of(&fold, Edition::Current);
        let bound = BoundFold::new(fold, Edition::Current);
        let projector = TablesProjector::new(self.clone(), declaration, bound).await?;
        Ok(Arc::new(projector))
    }

    fn editions(&self) -> Option<&dyn Editions> {
        Some(self)
    }

    async fn scratch(&self) -> Result<Arc<dyn ReadModels>, QueryError> {
        Ok(Arc::new(Self::temporary().await?))
    }

    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError> {
        Ok(Arc::new(SnapshotTable::new(self.clone()).await?))
    }
}
