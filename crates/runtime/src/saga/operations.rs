//! Sagas for people: how instances are, and what is asked of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    AppendId, Asked, Clock, EventStore, Input, InstanceId, Metadata, QueryError, Read, ReadModels,
    Saga, SagaEvent, SagaInput, Selection, Source, StreamId, StreamVersion, Table, Unwanted,
};
use async_trait::async_trait;

use super::details::moments;
use super::journal::Journal;
use super::overview::SagaOverview;
use super::told::{IfAbsent, Told};
use super::{SagaEngine, SagaError, SagaRow};
use crate::metrics::SagaGauges;

/// The sagas of a service.
#[derive(Clone)]
pub struct Sagas {
    store: Arc<dyn EventStore>,
    rows: Table<SagaRow>,
    declared: BTreeMap<&'static str, Declared>,
}

/// One of them.
#[derive(Clone)]
struct Declared {
    journal: Arc<dyn TakesRequests>,
    clock: Arc<dyn Clock>,
    stuck_after: Duration,
    gauges: Arc<SagaGauges>,
}

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    name: String,
    request: Option<String>,
}

impl Asker {
    /// A person, by name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            request: None,
        }
    }

    /// The same, under an idempotency key: to ask one instance the same again is to ask once.
    #[must_use]
    pub fn under(mut self, key: impl Into<String>) -> Self {
        self.request = Some(key.into());
        self
    }
}

impl From<&str> for Asker {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
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
        let declared = Declared {
            journal: Arc::new(saga.journal()),
            clock: Arc::clone(&saga.options.clock),
            stuck_after: saga.options.stuck_after,
            gauges: Arc::new(SagaGauges::new(S::NAME)),
        };
        self.declared.insert(S::NAME, declared);
        self
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.declared.keys().copied()
    }

    /// How the open instances of a saga are, all together.
    ///
    /// # Errors
    /// [`SagaError::UnknownSaga`]; [`SagaError::Rows`] when the read model cannot be read.
    pub async fn overview(&self, saga: &str) -> Result<SagaOverview, SagaError> {
        let unknown = || SagaError::UnknownSaga(saga.to_owned());
        let (name, declared) = self.declared.get_key_value(saga).ok_or_else(unknown)?;
        let now = declared.clock.now();
        Ok(SagaOverview::look(name, &self.rows, now, declared.stuck_after).await?)
    }

    /// Measures how the instances of a saga are. `None`: that is unknown.
    pub fn measure(&self, saga: &str, overview: Option<&SagaOverview>) {
        if let Some(declared) = self.declared.get(saga) {
            declared.gauges.set(overview);
        }
    }

    /// How instances are, by saga and name: such as those that are parked, or not changed for long.
    ///
    /// # Errors
    /// [`QueryError`] when the read model cannot be read.
    pub async fn list(&self, selection: Selection<SagaRow>) -> Result<Vec<SagaRow>, QueryError> {
        self.rows.list(selection).await
    }

    /// Asks an instance for something, and records who did. Its answer is what is recorded: a repeat
    /// [under the same key](Asker::under) has that of the first time.
    ///
    /// # Errors
    /// [`SagaError::Unwanted`] when it is not there, is over, or is not parked and cannot be retried;
    /// [`SagaError::KeyReused`] when something else was asked under the key.
    pub async fn ask(
        &self,
        saga: &str,
        instance: &InstanceId,
        asked: Asked,
        by: impl Into<Asker>,
    ) -> Result<(), SagaError> {
        let declared = self.declared.get(saga);
        let declared = declared.ok_or_else(|| SagaError::UnknownSaga(saga.to_owned()))?;
        let by = by.into();
        let key = by.request.clone();
        let input = declared.journal.ask(instance, asked, by).await?;
        let stream = instance.stream(saga)?;
        match self.recorded(&stream, &input).await? {
            None => {
                let why = Unwanted::NotFound;
                Err(SagaError::Unwanted { stream, why })
            }
            Some(recorded) if *recorded.input() != input => {
                let key = key.expect("an id that was made for a request is of no other");
                Err(SagaError::KeyReused { key })
            }
            Some(SagaEvent::Ignored { why, .. }) => Err(SagaError::Unwanted { stream, why }),
            Some(SagaEvent::Reacted { .. }) => Ok(()),
        }
    }

    /// What is recorded of an input. `None`: nothing, since there is nobody it is for.
    async fn recorded(
        &self,
        stream: &StreamId,
        input: &SagaInput,
    ) -> Result<Option<SagaEvent>, SagaError> {
        let append = AppendId::of_key(stream.as_str(), &input.key());
        let appended = self.store.find_append(append).await?;
        let Some(version) = appended.and_then(|appended| appended.version_of(stream)) else {
            return Ok(None);
        };
        let before = StreamVersion(version.0 - 1);
        let read = Read::forwards(Source::stream_after(stream.clone(), before)).limit(1);
        let recorded = moments(&*self.store, read).await?.pop();
        Ok(recorded.map(|moment| moment.event))
    }

    /// How long something may be due for an instance of a declared saga before it is stuck.
    pub(super) fn stuck_after(&self, saga: &str) -> Duration {
        self.declared
            .get(saga)
            .map_or(Duration::MAX, |declared| declared.stuck_after)
    }

    pub(super) fn store(&self) -> &dyn EventStore {
        &*self.store
    }
}

/// Takes in what people ask for.
#[async_trait]
trait TakesRequests: Send + Sync {
    /// The input it is taken in as, now or before.
    async fn ask(
        &self,
        instance: &InstanceId,
        asked: Asked,
        by: Asker,
    ) -> Result<SagaInput, SagaError>;
}

#[async_trait]
impl<S: Saga> TakesRequests for Journal<S> {
    async fn ask(
        &self,
        instance: &InstanceId,
        asked: Asked,
        by: Asker,
    ) -> Result<SagaInput, SagaError> {
        let id = by.request.unwrap_or_else(|| self.ids.next().to_string());
        let told = Told {
            input: SagaInput::Asked {
                asked: asked.clone(),
                by: by.name.clone(),
                id,
            },
            to_saga: Some(Input::Asked(asked)),
            if_absent: IfAbsent::Pass,
            metadata: Metadata {
                actor: Some(by.name),
                ..Metadata::default()
            },
        };
        self.bring(instance, &told).await?;
        Ok(told.input)
    }
}

impl std::fmt::Debug for Sagas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Sagas").field(&self.declared.keys()).finish()
    }
}
