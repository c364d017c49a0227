//! The read models of a process that is killed amid a call to them.

use std::sync::Arc;

use annals::{
    DeadLetter, DeadLetters, Edition, EditionRows, EditionState, EditionView, Editions, Exchange,
    Exchanged, Failure, Position, ProjectionBatch, ProjectionError, Projector, Query, QueryError,
    ReadModels, RecordedEvent, Released, Replacement, Sample, Select, Skipped, SnapshotStore,
    StoreId, Successor, TableFold, Timestamp, Tried, Value,
};
use async_trait::async_trait;

use crate::life::Life;

/// Read models that are asked through the calls of a process.
pub(crate) struct Mortal {
    read_models: Arc<dyn ReadModels>,
    life: Life,
}

struct MortalProjector {
    projector: Arc<dyn Projector>,
    life: Life,
}

impl Mortal {
    pub(crate) fn read_models(
        read_models: &Arc<dyn ReadModels>,
        life: &Life,
    ) -> Arc<dyn ReadModels> {
        Arc::new(Self {
            read_models: Arc::clone(read_models),
            life: life.clone(),
        })
    }

    fn all_editions(&self) -> &dyn Editions {
        self.read_models.editions().unwrap()
    }

    fn mortal(&self, projector: Arc<dyn Projector>) -> Arc<dyn Projector> {
        let life = self.life.clone();
        Arc::new(MortalProjector { projector, life })
    }
}

#[async_trait]
impl ReadModels for Mortal {
    async fn select(&self, select: Select) -> Result<Vec<Vec<Value>>, QueryError> {
        let call = self.read_models.select(select);
        self.life.call("select", call).await
    }

    async fn projector(&self, fold: TableFold) -> Result<Arc<dyn Projector>, QueryError> {
        let call = self.read_models.projector(fold);
        let projector = self.life.call("projector", call).await?;
        Ok(self.mortal(projector))
    }

    fn editions(&self) -> Option<&dyn Editions> {
        Some(self)
    }

    async fn snapshots(&self) -> Result<Arc<dyn SnapshotStore>, QueryError> {
        self.read_models.snapshots().await
    }
}

#[async_trait]
impl Editions for Mortal {
    async fn list(&self, projection: &str) -> Result<Vec<EditionState>, QueryError> {
        let call = self.all_editions().list(projection);
        self.life.call("list", call).await
    }

    async fn projector(
        &self,
        fold: TableFold,
        edition: Edition,
    ) -> Result<Arc<dyn Projector>, QueryError> {
        let call = self.all_editions().projector(fold, edition);
        let projector = self.life.call("projector of an edition", call).await?;
        Ok(self.mortal(projector))
    }

    async fn rows(
        &self,
        fold: &TableFold,
        edition: Edition,
        sample: Sample,
    ) -> Result<EditionRows, QueryError> {
        let call = self.all_editions().rows(fold, edition, sample);
        self.life.call("rows", call).await
    }

    async fn view(
        &self,
        fold: &TableFold,
        edition: Edition,
        keys: Vec<Vec<Vec<Value>>>,
    ) -> Result<Option<EditionView>, QueryError> {
        let call = self.all_editions().view(fold, edition, keys);
        self.life.call("view", call).await
    }

    async fn replace(
        &self,
        fold: &TableFold,
        edition: Edition,
        replacement: Replacement,
    ) -> Result<(), ProjectionError> {
        let call = self.all_editions().replace(fold, edition, replacement);
        self.life.call("replace", call).await
    }

    async fn exchange(
        &self,
        fold: &TableFold,
        exchange: Exchange,
        successor: &mut dyn Successor,
        now: Timestamp,
    ) -> Result<Exchanged, QueryError> {
        let editions = self.all_editions();
        let call = editions.exchange(fold, exchange, successor, now);
        self.life.call("exchange", call).await
    }

    async fn discard(&self, projection: &str, edition: Edition) -> Result<(), QueryError> {
        let call = self.all_editions().discard(projection, edition);
        self.life.call("discard", call).await
    }

    async fn discard_replaced(
        &self,
        projection: &str,
        until: Timestamp,
    ) -> Result<bool, QueryError> {
        let call = self.all_editions().discard_replaced(projection, until);
        self.life.call("discard of what was replaced", call).await
    }
}

#[async_trait]
impl Projector for MortalProjector {
    fn name(&self) -> &str {
        self.projector.name()
    }

    fn query(&self) -> Query {
        self.projector.query()
    }

    async fn resume(&self, store: StoreId) -> Result<Position, ProjectionError> {
        let call = self.projector.resume(store);
        self.life.call("resume", call).await
    }

    async fn position(&self, store: StoreId) -> Result<Position, ProjectionError> {
        let call = self.projector.position(store);
        self.life.call("position", call).await
    }

    async fn apply(&self, batch: ProjectionBatch) -> Result<(), ProjectionError> {
        let call = self.projector.apply(batch);
        self.life.call("apply", call).await
    }

    fn dead_letters(&self) -> Option<&dyn DeadLetters> {
        Some(self)
    }
}

impl MortalProjector {
    fn letters(&self) -> &dyn DeadLetters {
        self.projector.dead_letters().unwrap()
    }
}

#[async_trait]
impl DeadLetters for MortalProjector {
    async fn park(
        &self,
        batch: ProjectionBatch,
        failed: Position,
        failure: Failure,
    ) -> Result<(), ProjectionError> {
        let call = self.letters().park(batch, failed, failure);
        self.life.call("park", call).await
    }

    async fn list(&self, after: Position, limit: u32) -> Result<Vec<DeadLetter>, ProjectionError> {
        let call = self.letters().list(after, limit);
        self.life.call("list of letters", call).await
    }

    async fn parked(&self) -> Result<u64, ProjectionError> {
        let call = self.letters().parked();
        self.life.call("parked", call).await
    }

    async fn all_parked(&self) -> Result<Vec<DeadLetter>, ProjectionError> {
        let call = self.letters().all_parked();
        self.life.call("all parked", call).await
    }

    async fn release(
        &self,
        events: Arc<[RecordedEvent]>,
        tried: Tried,
    ) -> Result<Released, ProjectionError> {
        let call = self.letters().release(events, tried);
        self.life.call("release", call).await
    }

    async fn skip(&self, position: Position, skipped: Skipped) -> Result<bool, ProjectionError> {
        let call = self.letters().skip(position, skipped);
        self.life.call("skip", call).await
    }

    async fn redact(&self, positions: &[Position]) -> Result<u64, ProjectionError> {
        let call = self.letters().redact(positions);
        self.life.call("redact", call).await
    }
}
