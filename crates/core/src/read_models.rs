//! Where read models are kept, and the queries on them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;

use crate::column::{ColumnError, Value};
use crate::edition::Editions;
use crate::projection::{ProjectionError, Projector};
use crate::read_model::ReadModel;
use crate::selection::{Select, Selection};
use crate::snapshot::SnapshotStore;
use crate::table_fold::TableFold;

/// Where read models are kept: a database that writes typed rows and the checkpoint behind them
/// in one transaction.
///
/// # Contract
///
/// 1. [`select`](Self::select) sees one state, before or after a batch, never in between.
/// 2. Whole numbers are compared as numbers, texts byte by byte, JSON by what it means, and what is
///    nothing is neither above nor below anything.
/// 3. What cannot be asked for is refused as [`QueryError::Unsupported`], never answered wrongly.
/// 4. [`projector`](Self::projector) makes the tables of a fold if they are not there. If they
///    are of another [fingerprint](TableFold::fingerprint), they are dropped, made again, and the
///    checkpoint is put before the first event; tables that it no longer declares are dropped too.
/// 5. A table belongs to one projection: another's is refused, and stays as it is.
/// 6. A [`scratch`](Self::scratch) place holds nothing at first; what is made in one shows in no other.
///    It is gone soon after the last who had it, and some time after its process was killed.
#[async_trait]
pub trait ReadModels: Send + Sync + 'static {
    /// The rows of a selection, in its order; the values of each in the order of the columns.
    async fn select(&self, select: Select) -> Result<Vec<Vec<Value>>, QueryError>;

    /// Makes the tables a fold writes to, and binds it to them.
    async fn projector(&self, fold: TableFold) -> Result<Arc<dyn Projector>, QueryError>;

    /// The editions of the tables of folds. `None`: this database keeps one, and makes it again in
    /// place.
    fn editions(&self) -> Option<&dyn Editions> {
        None
    }

    /// What to tell whoever could not read a table: the error, unless more is known of why.
    async fn explain(&self, _table: &'static str, error: QueryError) -> QueryError {
        error
    }

    /// A place beside them for read models that are not meant to last, such as those of a past
    /// position.
    async fn scratch(&self) -> Result<Arc<dyn ReadModels>, QueryError> {
        let what = "make a scratch place".to_owned();
        Err(QueryError::Unsupported { what })
    }

    /// Where snapshots of aggregates are kept beside them.
    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError>;
}

/// Why read models did not do what they were asked to.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// They cannot answer now.
    /// **Do:** back off, then ask again.
    #[error("read models unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },

    /// The query names a column that the read model does not have.
    /// **Do:** fix the query.
    #[error("table {table} has no column {column}")]
    UnknownColumn {
        /// Which table.
        table: &'static str,
        /// What was asked for.
        column: String,
    },

    /// A row is not what its read model can hold: it was written by other code, or is damaged.
    /// **Do:** raise the projection's revision, so that it is rebuilt.
    #[error("row cannot be read: {0}")]
    Column(#[from] ColumnError),

    /// What is stored is damaged.
    /// **Do:** stop, delete the read models and start again: they are made again from the events.
    #[error("read models are damaged: {reason}")]
    Damaged {
        /// What was found.
        reason: String,
    },

    /// This database cannot be asked that.
    /// **Do:** ask otherwise, or keep the read models in a database that can.
    #[error("not supported here: {what}")]
    Unsupported {
        /// What was asked for.
        what: String,
    },

    /// It can never be done.
    /// **Do:** fix the query or the declaration; never retry.
    #[error("refused: {reason}")]
    Refused {
        /// Why.
        reason: String,
    },
}

/// Of what is read beside rows: only a damaged one is not to be read.
impl From<ProjectionError> for QueryError {
    fn from(error: ProjectionError) -> Self {
        let reason = error.to_string();
        match error {
            ProjectionError::Unavailable(_) => Self::Unavailable { reason },
            ProjectionError::Damaged { .. } => Self::Damaged { reason },
            _ => Self::Refused { reason },
        }
    }
}

/// The table of a typed read model, to be queried. It is written by its projector alone.
///
/// ```
/// # use std::sync::Arc;
/// # use annals_core::{Column, ColumnError, Index, QueryError, ReadModel, ReadModels, Selection, Table, Value};
/// async fn large_payments<Payment: ReadModel>(
///     read_models: &Arc<dyn ReadModels>,
/// ) -> Result<Vec<Payment>, QueryError> {
///     let large = Selection::new()
///         .equal("account", &"acc-123".to_owned())
///         .within("cents", 100_000_i64..)
///         .limit(20);
///     Table::of(read_models).list(large).await
/// }
/// ```
pub struct Table<R> {
    read_models: Arc<dyn ReadModels>,
    row: PhantomData<fn() -> R>,
}

impl<R: ReadModel> Table<R> {
    /// The table among these read models.
    pub fn of(read_models: &Arc<dyn ReadModels>) -> Self {
        Self {
            read_models: Arc::clone(read_models),
            row: PhantomData,
        }
    }

    /// The row of a key.
    ///
    /// # Errors
    /// [`QueryError`] when the table cannot be read, or is not there.
    pub async fn get(&self, key: &R::Key) -> Result<Option<R>, QueryError> {
        let rows = self.list(Selection::of_key(key)).await?;
        Ok(rows.into_iter().next())
    }

    /// The rows of a selection, in its order.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`QueryError::UnknownColumn`] when the selection names a column
    /// that the read model does not have.
    pub async fn list(&self, selection: Selection<R>) -> Result<Vec<R>, QueryError> {
        let select = selection.into_select()?;
        match self.select(select).await {
            Err(error) => Err(self.read_models.explain(R::TABLE, error).await),
            rows => rows,
        }
    }

    async fn select(&self, select: Select) -> Result<Vec<R>, QueryError> {
        let rows = self.read_models.select(select).await?;
        let rows = rows.into_iter().map(R::from_values);
        Ok(rows.collect::<Result<_, ColumnError>>()?)
    }
}

impl<R> Clone for Table<R> {
    fn clone(&self) -> Self {
        Self {
            read_models: Arc::clone(&self.read_models),
            row: PhantomData,
        }
    }
}

impl<R: ReadModel> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Table").field(&R::TABLE).finish()
    }
}
