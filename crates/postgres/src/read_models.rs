//! Read models, kept in a schema beside the events or in a database of their own.

use std::sync::Arc;

use annals_core::{
    Edition, Editions, Projector, QueryError, ReadModels, Select, SnapshotStore, TableFold, Value,
};
use async_trait::async_trait;

use crate::bound_fold::BoundFold;
use crate::error::PostgresError;
use crate::postgres::{Parameter, Postgres};
use crate::projector::TablesProjector;
use crate::schema::Declaration;
use crate::scratch::Scratch;
use crate::select::statement;
use crate::snapshots::SnapshotTable;
use crate::sql_projection::SqlProjection;
use crate::value::{SqlValue, read_row};

/// Read models in PostgreSQL: their tables, checkpoints and snapshots.
///
/// Whole numbers are kept as `bigint`, texts as `text` compared byte by byte, JSON as `jsonb`.
///
/// Indexes over columns hold the key as well, so that a page within a filter is sought and needs
/// no sorting. JSON is indexed for containment, texts for the words of any language.
#[derive(Debug, Clone)]
pub struct PostgresReadModels {
    pub(crate) postgres: Postgres,
}

impl PostgresReadModels {
    /// The read models of a database.
    pub fn open(postgres: &Postgres) -> Self {
        let postgres = postgres.clone();
        Self { postgres }
    }

    /// Keeps the tables of a projection by hand up to date. They are made if they are not there. If
    /// the schema, the revision or the events it asks for changed, they are dropped, made again, and
    /// the checkpoint is put before the first event.
    ///
    /// # Errors
    /// [`PostgresError`] when the tables cannot be made.
    pub async fn sql_projector<P: SqlProjection>(
        &self,
        projection: P,
    ) -> Result<Arc<dyn Projector>, PostgresError> {
        let projector = TablesProjector::by_hand(&self.postgres, projection).await?;
        Ok(Arc::new(projector))
    }
}

#[async_trait]
impl ReadModels for PostgresReadModels {
    async fn select(&self, select: Select) -> Result<Vec<Vec<Value>>, QueryError> {
        let columns = select.table.columns;
        let (sql, values) = statement(select)?;
        let values: Vec<SqlValue<'_>> = values.iter().map(SqlValue).collect();
        let parameters: Vec<Parameter<'_>> = values
            .iter()
            .map(|value| (value as _, value.kind()))
            .collect();
        let client = self.postgres.client().await?;
        let rows = client
            .rows_planned(&self.postgres.sql(&sql), &parameters)
            .await?;
        let rows = rows.iter().map(|row| read_row(columns, row));
        Ok(rows.collect::<Result<_, PostgresError>>()?)
    }

    async fn projector(&self, fold: TableFold) -> Result<Arc<dyn Projector>, QueryError> {
        let declaration = Declaration::of(&fold, Edition::Current);
        let bound = BoundFold::new(&self.postgres, fold, Edition::Current);
        let projector = TablesProjector::new(&self.postgres, declaration, bound).await?;
        Ok(Arc::new(projector))
    }

    fn editions(&self) -> Option<&dyn Editions> {
        Some(self)
    }

    async fn scratch(&self) -> Result<Arc<dyn ReadModels>, QueryError> {
        let place = Scratch::make(&self.postgres).await?;
        Ok(Arc::new(place))
    }

    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError> {
        Ok(Arc::new(SnapshotTable::new(&self.postgres)))
    }
}
