//! Projections that are kept up to date in the transaction of every append.
//!
//! Whoever appends takes in everything behind the checkpoint, not only what it appends itself. So
//! it does not matter who recorded the events before, nor whether they knew of the projection.

use std::sync::Arc;

use annals_core::{
    AppendError, Cause, Edition, Position, ProjectionBatch, ProjectionError, Projector, ReadError,
    RecordedEvent, Source, StoreId, TableFold,
};
use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use crate::bound_fold::BoundFold;
use crate::error::PostgresError;
use crate::postgres::{Postgres, Transaction};
use crate::projector::TablesProjector;
use crate::read::Reader;
use crate::schema::Declaration;
use crate::sql_projection::SqlProjection;

mod catch_up;

/// How many events that others recorded are taken in within an append, while all writers wait.
const BACKLOG: u64 = 500;

/// A projection to be kept up to date in the transaction of every append of a store.
pub struct InlineProjection {
    install: Box<dyn FnOnce(Postgres) -> Installing + Send>,
}

type Installing = BoxFuture<'static, Result<Arc<dyn InlineProjector>, PostgresError>>;

impl InlineProjection {
    /// A projection of typed tables.
    pub fn of_tables(fold: TableFold) -> Self {
        let install = |postgres: Postgres| -> Installing {
            async move {
                let declaration = Declaration::of(&fold, Edition::Current);
                let bound = BoundFold::new(&postgres, fold, Edition::Current);
                Ok(Arc::new(TablesProjector::new(&postgres, declaration, bound).await?) as _)
            }
            .boxed()
        };
        let install = Box::new(install);
        Self { install }
    }

    /// A projection by SQL of one's own.
    pub fn by_sql<P: SqlProjection>(projection: P) -> Self {
        let install = |postgres: Postgres| -> Installing {
            async move { Ok(Arc::new(TablesProjector::by_hand(&postgres, projection).await?) as _) }
                .boxed()
        };
        let install = Box::new(install);
        Self { install }
    }
}

impl std::fmt::Debug for InlineProjection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InlineProjection").finish_non_exhaustive()
    }
}

/// A projector that can write in a transaction of somebody else's.
#[async_trait]
pub(crate) trait InlineProjector: Projector {
    /// Takes part in moving the checkpoint, beside all others who do.
    async fn share(&self, store: StoreId) -> Result<(), ProjectionError>;

    /// Writes the effect of a batch and moves the checkpoint; whoever calls it commits, or rolls
    /// back when it fails. Where it cannot tell which event fails, it names the last.
    async fn project(
        &self,
        tx: &Transaction<'_>,
        batch: &ProjectionBatch,
    ) -> Result<(), ProjectionError>;
}

/// All inline projections of a store.
pub(crate) struct InlineProjections {
    store: StoreId,
    reader: Arc<Reader>,
    projectors: Vec<Arc<dyn InlineProjector>>,
    /// Held while one of them is brought up to date apart from appends: that is one at a time.
    turn: Mutex<()>,
}

/// Why the events of a transaction were not taken in. It can only be rolled back.
pub(crate) enum NotProjected {
    /// A projection has more to take in than an append has time for, or was moved meanwhile.
    Behind(Arc<dyn InlineProjector>),
    /// A projection cannot take in what this transaction appends.
    Refused(AppendError),
    /// The database does not do what a projection asks of it, whatever is appended: why.
    Unavailable(String),
}

/// What one transaction appends.
struct Recorded {
    after: Position,
    up_to: Position,
    events: Vec<RecordedEvent>,
}

impl InlineProjections {
    /// Makes the tables that are missing, and brings all of them up to date.
    ///
    /// # Panics
    /// When two have the same name: a mistake in the program.
    pub(crate) async fn open(
        store: StoreId,
        reader: &Arc<Reader>,
        projections: Vec<InlineProjection>,
    ) -> Result<Self, PostgresError> {
        let mut inline = Self {
            store,
            reader: Arc::clone(reader),
            projectors: Vec::with_capacity(projections.len()),
            turn: Mutex::default(),
        };
        for projection in projections {
            let projector = (projection.install)(reader.postgres.clone()).await?;
            let name = projector.name();
            let mut others = inline.projectors.iter();
            assert!(
                others.all(|other| other.name() != name),
                "projection {name} is inline twice"
            );
            inline.begin(&*projector).await.map_err(|cause| {
                let projection = name.to_owned();
                PostgresError::Projection { projection, cause }
            })?;
            inline.projectors.push(projector);
        }
        Ok(inline)
    }

    async fn begin(&self, projector: &dyn InlineProjector) -> Result<(), ProjectionError> {
        projector.share(self.store).await?;
        self.catch_up(projector).await
    }

    /// Takes in what a transaction has appended behind the head of the store, and all before it.
    pub(crate) async fn project(
        &self,
        tx: &Transaction<'_>,
        (head, last): (Position, Position),
    ) -> Result<(), NotProjected> {
        let events = self.reader.events_within(tx, head, last).await?;
        let recorded = Recorded {
            after: head,
            up_to: last,
            events,
        };
        for projector in &self.projectors {
            self.take_in(tx, projector, &recorded).await?;
        }
        Ok(())
    }

    async fn take_in(
        &self,
        tx: &Transaction<'_>,
        projector: &Arc<dyn InlineProjector>,
        recorded: &Recorded,
    ) -> Result<(), NotProjected> {
        let batch = recorded.wanted_by(&**projector);
        let mut projected = projector.project(tx, &batch).await;
        if let Err(ProjectionError::Moved { actual, .. }) = projected
            && actual < batch.after
        {
            let backlog = (actual, batch.after);
            self.take_in_backlog(tx, projector, backlog).await?;
            projected = projector.project(tx, &batch).await;
        }
        projected.map_err(|error| NotProjected::of(projector, error))
    }

    /// What cannot be taken in here is left to [`catch_up`](Self::catch_up), which tells why.
    async fn take_in_backlog(
        &self,
        tx: &Transaction<'_>,
        projector: &Arc<dyn InlineProjector>,
        (after, up_to): (Position, Position),
    ) -> Result<(), NotProjected> {
        let source = Source::query_after(projector.query(), after);
        let few = self
            .reader
            .few_within(tx, &source, (up_to, BACKLOG))
            .await?;
        let behind = || NotProjected::Behind(Arc::clone(projector));
        let batch = ProjectionBatch {
            after,
            up_to,
            events: few.ok_or_else(behind)?.into(),
        };
        let projected = projector.project(tx, &batch).await;
        projected.map_err(|error| match error {
            ProjectionError::Unavailable(cause) => NotProjected::hindered(&**projector, &cause),
            _ => behind(),
        })
    }
}

impl Recorded {
    fn wanted_by(&self, projector: &dyn InlineProjector) -> ProjectionBatch {
        let query = projector.query();
        let wanted = self
            .events
            .iter()
            .filter(|event| query.matches(&event.stream, &event.event_type, &event.tags));
        ProjectionBatch {
            after: self.after,
            up_to: self.up_to,
            events: wanted.cloned().collect(),
        }
    }
}

impl NotProjected {
    fn of(projector: &Arc<dyn InlineProjector>, error: ProjectionError) -> Self {
        match error {
            ProjectionError::Unavailable(cause) => Self::hindered(&**projector, &cause),
            ProjectionError::Moved { .. } => Self::Behind(Arc::clone(projector)),
            // Its position is free again: it says nothing to whoever appends.
            ProjectionError::Event { cause, .. } => Self::refused(&**projector, cause),
            other => Self::refused(&**projector, Arc::new(other)),
        }
    }

    fn hindered(projector: &dyn InlineProjector, cause: &Cause) -> Self {
        Self::Unavailable(hindrance(projector, cause))
    }

    fn refused(projector: &dyn InlineProjector, cause: Cause) -> Self {
        Self::Refused(refusal(projector, cause))
    }
}

/// What an append is told when a projection cannot take in events.
pub(crate) fn refusal(projector: &dyn InlineProjector, cause: Cause) -> AppendError {
    let projection = projector.name().to_owned();
    AppendError::Projection { projection, cause }
}

/// Why a projection cannot take in anything now.
pub(crate) fn hindrance(projector: &dyn InlineProjector, cause: &Cause) -> String {
    format!("projection {}: {cause}", projector.name())
}

/// What an append is told while a projection is behind.
pub(crate) fn catching_up(projector: &dyn InlineProjector) -> AppendError {
    let reason = format!("projection {} is catching up", projector.name());
    AppendError::Unavailable { reason }
}

impl From<ReadError> for NotProjected {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Corrupt(corruption) => Self::Refused(corruption.into()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
