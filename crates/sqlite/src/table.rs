//! Queries on the table of a typed read model.

use std::marker::PhantomData;

use annals_core::ReadModel;
use rusqlite::params_from_iter;

use crate::database::Database;
use crate::error::SqliteError;
use crate::rows::RowStatements;
use crate::selection::Selection;
use crate::value::{parameters, read_row};

/// The table of a typed read model, to be queried. It is written by its projector alone.
///
/// ```
/// # use annals_macros::ReadModel;
/// # use annals_sqlite::{Database, Selection, SqliteError};
/// #[derive(ReadModel, Clone)]
/// #[read_model(table = "payments", index(account))]
/// struct Payment {
///     #[key]
///     id: String,
///     account: String,
///     cents: i64,
/// }
///
/// async fn large_payments(database: &Database) -> Result<Vec<Payment>, SqliteError> {
///     let large = Selection::new()
///         .equal("account", &"acc-123".to_owned())
///         .within("cents", 100_000_i64..)
///         .limit(20);
///     database.table().list(large).await
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Table<R> {
    database: Database,
    row: PhantomData<fn() -> R>,
}

impl<R: ReadModel> Table<R> {
    pub(crate) fn new(database: Database) -> Self {
        let row = PhantomData;
        Self { database, row }
    }

    /// The row of a key.
    ///
    /// # Errors
    /// [`SqliteError`] when the table cannot be read, or is not there.
    pub async fn get(&self, key: &R::Key) -> Result<Option<R>, SqliteError> {
        let key = R::key_values(key);
        self.database
            .query(move |connection| {
                let mut statement = connection.prepare_cached(&RowStatements::of::<R>().get)?;
                let mut rows = statement.query(params_from_iter(parameters(key)))?;
                rows.next()?.map(read_row).transpose()
            })
            .await
    }

    /// The rows of a selection, in its order.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`SqliteError::UnknownColumn`] when the selection names a column
    /// that the read model does not have.
    pub async fn list(&self, selection: Selection<R>) -> Result<Vec<R>, SqliteError> {
        let (sql, values) = selection.into_sql()?;
        self.database
            .query(move |connection| {
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(params_from_iter(parameters(values)))?;
                let mut page = Vec::new();
                while let Some(row) = rows.next()? {
                    page.push(read_row(row)?);
                }
                Ok(page)
            })
            .await
    }
}
