//! Sagas for people: how instances are, what happened to them, and what is asked of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use annals_core::{
    Asked, EventStore, Input, InstanceId, Metadata, QueryError, Read, ReadModels, Saga, SagaEvent,
    SagaInput, Selection, Source, StreamVersion, Table, Timestamp, Unwanted, events_of,
};
use async_trait::async_trait;

use super::journal::{IfAbsent, Journal, TakenIn, Told};
use super::{SagaEngine, SagaError, SagaRow};

/// The sagas of a service.
#[derive(Clone)]
pub struct Sagas {
    store: Arc<dyn EventStore>,
    rows: Table<SagaRow>,
    declared: BTreeMap<&'static str, Arc<dyn TakesRequests>>,
}

/// One thing that happened to an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct SagaMoment {
    /// Its place in the instance's history.
    pub version: StreamVersion,
    /// When it was recorded.
    pub at: Timestamp,
    /// What the instance was told, and what came of it.
    pub event: SagaEvent,
}

impl Sagas {
    /// None yet, in a store; how they are is read from `read_models`.
    pub fn new(store: &Arc<dyn EventStore>, read_models: &Arc<dyn ReadModels>) -> Self {
        Self {
            store: Arc::clone(store),
            rows: Table::of(read_models),
            declared: BTreeMap::new(),
        }
    }

    /// The same, with one more.
    #[must_use]
    pub fn with<S: Saga>(mut self, saga: &SagaEngine<S>) -> Self {
        self.declared.insert(S::NAME, Arc::new(saga.journal()));
        self
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.declared.keys().copied()
    }

    /// How instances are, by saga and name: such as those that are parked, or not changed for long.
    ///
    /// # Errors
    /// [`QueryError`] when the read model cannot be read.
    pub async fn list(&self, selection: Selection<SagaRow>) -> Result<Vec<SagaRow>, QueryError> {
        self.rows.list(selection).await
    }

    /// What happened to an instance after a version of it, oldest first, at most so much.
    ///
    /// # Errors
    /// [`SagaError`] when it cannot be read.
    pub async fn timeline(
        &self,
        saga: &str,
        instance: &InstanceId,
        after: StreamVersion,
        limit: u64,
    ) -> Result<Vec<SagaMoment>, SagaError> {
        let source = Source::stream_after(instance.stream(saga)?, after);
        let read = Read::forwards(source).limit(limit);
        let mut events = self.store.read(read).await?;
        let mut moments = Vec::new();
        while let Some(record) = events.try_next().await? {
            let moment = |event| SagaMoment {
                version: record.version,
                at: record.recorded_at,
                event,
            };
            moments.extend(events_of(&record)?.into_iter().map(moment));
        }
        Ok(moments)
    }

    /// Asks an instance for something, and records who did.
    ///
    /// # Errors
    /// [`SagaError::Unwanted`] when it is not there, is over, or is not parked and cannot be retried.
    pub async fn ask(
        &self,
        saga: &str,
        instance: &InstanceId,
        asked: Asked,
        by: &str,
    ) -> Result<(), SagaError> {
        let declared = self.declared.get(saga);
        let declared = declared.ok_or_else(|| SagaError::UnknownSaga(saga.to_owned()))?;
        declared.ask(instance, asked, by).await
    }
}

/// Takes in what people ask for.
#[async_trait]
trait TakesRequests: Send + Sync {
    async fn ask(&self, instance: &InstanceId, asked: Asked, by: &str) -> Result<(), SagaError>;
}

#[async_trait]
impl<S: Saga> TakesRequests for Journal<S> {
    async fn ask(&self, instance: &InstanceId, asked: Asked, by: &str) -> Result<(), SagaError> {
        let told = Told {
            input: SagaInput::Asked {
                asked: asked.clone(),
                by: by.to_owned(),
                id: self.ids.next().to_string(),
            },
            to_saga: Some(Input::Asked(asked)),
            if_absent: IfAbsent::Pass,
            metadata: Metadata {
                actor: Some(by.to_owned()),
                ..Metadata::default()
            },
        };
        let why = match self.bring(instance, &told).await? {
            TakenIn::Recorded => return Ok(()),
            TakenIn::Unwanted(why) => why,
            TakenIn::Passed => Unwanted::NotFound,
        };
        let stream = instance.stream(S::NAME)?;
        Err(SagaError::Unwanted { stream, why })
    }
}

impl std::fmt::Debug for Sagas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sagas").field(&self.declared.keys()).finish()
    }
}
