//! The database under test, asked in ways that end a case when the answer is not what it must be.

use std::sync::Arc;

use annals_core::{
    Effect, Position, Projection, ProjectionError, Projector, ReadModel, ReadModels, RecordedEvent,
    Selection, Table, TableFold, TableProjection,
};

use super::Database;
use super::bank::{Balance, STORE, batch};

/// The read models of one process.
pub(super) struct Subject {
    pub(super) database: Arc<dyn Database>,
    pub(super) read_models: Arc<dyn ReadModels>,
}

impl Subject {
    pub(super) async fn open(database: Arc<dyn Database>) -> Self {
        let read_models = database.open().await;
        Self {
            database,
            read_models,
        }
    }

    /// The same, as another process sees them.
    pub(super) async fn reopened(&self) -> Self {
        Self::open(Arc::clone(&self.database)).await
    }

    /// A projector of a typed read model, resumed.
    pub(super) async fn rows<P: Projection>(&self) -> Writing {
        self.writing(TableFold::of_rows::<P>()).await
    }

    /// A projector of several tables, resumed.
    pub(super) async fn tables<P: TableProjection>(&self) -> Writing {
        self.writing(TableFold::of_tables::<P>()).await
    }

    /// What keeps the checkpoint of an effect that performs all events, resumed.
    pub(super) async fn effect<E: Effect>(&self) -> Writing {
        self.writing(TableFold::of_effect::<E>(|_| Ok(()))).await
    }

    pub(super) async fn writing(&self, fold: TableFold) -> Writing {
        let writing = Writing(self.projector(fold).await);
        writing.resume().await;
        writing
    }

    /// A projector that is not resumed yet.
    pub(super) async fn projector(&self, fold: TableFold) -> Arc<dyn Projector> {
        let projector = self.read_models.projector(fold).await;
        projector.unwrap_or_else(|error| panic!("the tables were not made: {error}"))
    }

    /// What others do to the tables.
    pub(super) async fn execute(&self, sql: &str) {
        self.database.execute(sql).await;
    }

    pub(super) fn table<R: ReadModel>(&self) -> Table<R> {
        Table::of(&self.read_models)
    }

    pub(super) async fn get<R: ReadModel>(&self, key: &R::Key) -> Option<R> {
        let row = self.table().get(key).await;
        row.unwrap_or_else(|error| panic!("a row was not read: {error}"))
    }

    pub(super) async fn list<R: ReadModel>(&self, selection: Selection<R>) -> Vec<R> {
        let rows = self.table().list(selection).await;
        rows.unwrap_or_else(|error| panic!("rows were not read: {error}"))
    }

    pub(super) async fn balance(&self, account: &str) -> Option<i64> {
        let row = self.get::<Balance>(&account.to_owned()).await;
        row.map(|row| row.cents)
    }
}

/// A projector that applies batches.
pub(super) struct Writing(pub(super) Arc<dyn Projector>);

impl Writing {
    /// Applies events behind a position; must be done.
    pub(super) async fn apply(&self, after: u64, events: Vec<RecordedEvent>) {
        let applied = self.0.apply(batch(after, events)).await;
        applied.unwrap_or_else(|error| panic!("a batch was refused: {error}"));
    }

    /// Applies events behind a position; must be refused.
    pub(super) async fn refusal(&self, after: u64, events: Vec<RecordedEvent>) -> ProjectionError {
        match self.0.apply(batch(after, events)).await {
            Ok(()) => panic!("a batch was applied that must be refused"),
            Err(refusal) => refusal,
        }
    }

    /// Takes the checkpoint over.
    pub(super) async fn resume(&self) -> Position {
        let resumed = self.0.resume(STORE).await;
        resumed.unwrap_or_else(|error| panic!("the checkpoint was not taken over: {error}"))
    }

    /// Looks at the checkpoint.
    pub(super) async fn position(&self) -> Position {
        let position = self.0.position(STORE).await;
        position.unwrap_or_else(|error| panic!("the checkpoint was not seen: {error}"))
    }
}
