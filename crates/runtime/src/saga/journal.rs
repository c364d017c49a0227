//! Instances in their streams: inputs are taken in, once each, and recorded with what they led to.

use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, Clock, Decision, Event, EventId, EventStore, ExpectedVersion,
    IdSource, Input, Instance, InstanceId, InvalidAppend, Metadata, Position, Read, Saga,
    SagaEvent, SagaInput, Source, StreamId, StreamVersion, Unwanted, events_of,
};

use super::definitions::Definitions;
use super::{SagaError, SagaOptions};
use crate::execute::append_until_confirmed;
use crate::metrics::SagaMeter;

/// Most times an input is decided on because others came first.
const ATTEMPTS: u32 = 16;

/// The instances of one saga in a store.
pub(super) struct Journal<S: Saga> {
    store: Arc<dyn EventStore>,
    definitions: Definitions<S::Event>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    meter: SagaMeter,
}

/// Something an instance is told.
pub(super) struct Told<E> {
    /// As it is recorded.
    pub(super) input: SagaInput,
    /// As the saga is told it. `None`: it is not, since it is to be tried again.
    pub(super) to_saga: Option<Input<E>>,
    pub(super) if_absent: IfAbsent,
    /// What comes with it.
    pub(super) metadata: Metadata,
}

/// What happens if the instance is not there: it was never started, or not before an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IfAbsent {
    /// It is started by the event at this position.
    Start(Position),
    /// That is recorded under its name.
    Record,
    /// Nothing.
    Pass,
}

/// An instance as it was recorded last.
pub(super) struct Latest {
    pub(super) stream: StreamId,
    version: StreamVersion,
    /// `None`: it was never started.
    pub(super) instance: Option<Instance>,
    correlation: Option<String>,
}

/// What became of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenIn {
    /// It is recorded, now or before.
    Recorded,
    /// It changed nothing, as is recorded now.
    Unwanted(Unwanted),
    /// It is for nobody.
    Passed,
}

impl<S: Saga> Journal<S> {
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        definitions: Definitions<S::Event>,
        options: &SagaOptions,
    ) -> Self {
        Self {
            store,
            definitions,
            clock: Arc::clone(&options.clock),
            ids: Arc::clone(&options.ids),
            meter: SagaMeter::new(S::NAME),
        }
    }

    /// Takes an input in, unless it was before. Whoever comes first, it is decided on what is
    /// recorded then.
    pub(super) async fn take_in(
        &self,
        id: &InstanceId,
        told: &Told<S::Event>,
    ) -> Result<TakenIn, SagaError> {
        let stream = id.stream(S::NAME)?;
        let append = AppendId::of_key(stream.as_str(), &told.input.key());
        for _ in 0..ATTEMPTS {
            if self.store.find_append(append).await?.is_some() {
                return Ok(TakenIn::Recorded);
            }
            let latest = self.latest(id).await?;
            if told.is_for_nobody(latest.instance.as_ref()) {
                return Ok(TakenIn::Passed);
            }
            let event = self.decide(&latest, told)?;
            let metadata = latest.metadata(told);
            if self.record(append, &latest, &event, metadata).await? {
                self.tell(&latest.stream, &event);
                return Ok(TakenIn::of(&event));
            }
        }
        let attempts = ATTEMPTS;
        Err(SagaError::Contended { stream, attempts })
    }

    /// The instance as it was recorded last, and as it goes on.
    pub(super) async fn latest(&self, id: &InstanceId) -> Result<Latest, SagaError> {
        let stream = id.stream(S::NAME)?;
        let read = Read::backwards(Source::stream(stream.clone())).limit(1);
        let Some(record) = self.store.read(read).await?.try_next().await? else {
            return Ok(Latest {
                stream,
                version: StreamVersion::NONE,
                instance: None,
                correlation: None,
            });
        };
        let event = events_of::<SagaEvent>(&record)?.pop();
        let instance = event.as_ref().and_then(SagaEvent::instance);
        let instance = instance.map(|instance| self.going_on(&stream, instance.clone()));
        Ok(Latest {
            stream,
            version: record.version,
            instance: instance.transpose()?,
            correlation: record.metadata.correlation,
        })
    }

    fn going_on(&self, stream: &StreamId, instance: Instance) -> Result<Instance, SagaError> {
        let definition = instance.definition;
        let going_on = self.definitions.going_on(instance);
        going_on.ok_or_else(|| SagaError::UnknownDefinition {
            stream: stream.clone(),
            definition,
        })
    }

    /// What an input leads to.
    fn decide(&self, latest: &Latest, told: &Told<S::Event>) -> Result<SagaEvent, SagaError> {
        let ignored = |why, instance| SagaEvent::Ignored {
            input: told.input.clone(),
            why,
            instance,
        };
        let mut instance = match (&latest.instance, told.if_absent) {
            (Some(instance), _) => instance.clone(),
            (None, IfAbsent::Start(position)) => self.definitions.begin(position),
            (None, _) => return Ok(ignored(Unwanted::NotFound, None)),
        };
        if let Some(why) = instance.unwanted(&told.input) {
            return Ok(ignored(why, Some(Box::new(instance))));
        }
        let decisions = match &told.to_saga {
            Some(input) => self.react(&latest.stream, &mut instance, input)?,
            None => Vec::new(),
        };
        if let SagaInput::Failure {
            call, not_before, ..
        } = &told.input
        {
            instance.postpone(call, *not_before);
        }
        Ok(SagaEvent::Reacted {
            input: told.input.clone(),
            decisions,
            instance: Box::new(instance),
        })
    }

    fn react(
        &self,
        stream: &StreamId,
        instance: &mut Instance,
        input: &Input<S::Event>,
    ) -> Result<Vec<Decision>, SagaError> {
        let definition = instance.definition;
        let now = self.clock.now();
        let decided = self.definitions.take_in(instance, input, now);
        let decided = decided.ok_or_else(|| SagaError::UnknownDefinition {
            stream: stream.clone(),
            definition,
        })?;
        decided.map_err(|cause| SagaError::State {
            stream: stream.clone(),
            cause,
        })
    }

    /// Whoever watches is told; when an instance is parked, loudly.
    fn tell(&self, stream: &StreamId, event: &SagaEvent) {
        self.meter.recorded(event);
        match event {
            SagaEvent::Reacted { decisions, .. } => {
                for decision in decisions {
                    if let Decision::Park { reason } = decision {
                        tracing::error!(%stream, reason, "a saga waits for a person");
                    }
                }
            }
            SagaEvent::Ignored { input, why, .. } => {
                tracing::warn!(%stream, input = input.key(), %why, "a saga was told in vain");
            }
        }
    }

    /// False: somebody else came first, with this input or another.
    async fn record(
        &self,
        append: AppendId,
        latest: &Latest,
        event: &SagaEvent,
        metadata: Metadata,
    ) -> Result<bool, SagaError> {
        let event = event.to_new(EventId::of_append(append, 0), metadata)?;
        let expected = ExpectedVersion::from(latest.version);
        let appending = Append::to(latest.stream.clone(), expected, vec![event]).with_id(append);
        match append_until_confirmed(&*self.store, &*self.ids, appending).await {
            Ok(_) => Ok(true),
            Err(
                AppendError::Conflict { .. }
                | AppendError::Invalid(
                    InvalidAppend::AppendIdReused { .. } | InvalidAppend::EventIdReused { .. },
                ),
            ) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl<E> Told<E> {
    /// An event that comes again may have been for nobody when it came first.
    fn is_for_nobody(&self, instance: Option<&Instance>) -> bool {
        let is_there = instance.is_some_and(|instance| match &self.input {
            SagaInput::Event { position, .. } => *position >= instance.since,
            _ => true,
        });
        self.if_absent == IfAbsent::Pass && !is_there
    }
}

impl Latest {
    /// What is known beside an input: all that concerns an instance belongs to one conversation.
    fn metadata<E>(&self, told: &Told<E>) -> Metadata {
        let mut metadata = told.metadata.clone();
        let correlation = self.correlation.clone().or(metadata.correlation.take());
        metadata.correlation = correlation.or_else(|| Some(self.stream.to_string()));
        metadata
    }

    /// What goes with a command of the instance, and names it.
    pub(super) fn correlation(&self) -> Option<String> {
        self.correlation.clone()
    }
}

impl TakenIn {
    fn of(event: &SagaEvent) -> Self {
        match event {
            SagaEvent::Reacted { .. } => Self::Recorded,
            SagaEvent::Ignored { why, .. } => Self::Unwanted(*why),
        }
    }
}
