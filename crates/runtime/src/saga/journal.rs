//! Instances in their streams: inputs are taken in, once each, and recorded with what they led to.

use std::sync::Arc;

use annals_core::{
    Append, AppendError, AppendId, Clock, Decision, Event, EventId, EventStore, ExpectedVersion,
    IdSource, Input, Instance, InstanceId, InvalidAppend, Read, Saga, SagaEvent, SagaInput, Source,
    StreamId, StreamVersion, Unwanted, events_of,
};

use super::definitions::Definitions;
use super::latest::Latest;
use super::nudges::Nudges;
use super::told::{IfAbsent, TakenIn, Told};
use super::{SagaError, SagaOptions};
use crate::execute::append_until_confirmed;
use crate::metrics::SagaMeter;

/// Most times an input is decided on because others came first.
const ATTEMPTS: u32 = 16;

/// The instances of one saga in a store.
pub(super) struct Journal<S: Saga> {
    store: Arc<dyn EventStore>,
    definitions: Definitions<S::Event>,
    nudges: Nudges,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    meter: SagaMeter,
}

impl<S: Saga> Journal<S> {
    pub(super) fn new(
        store: Arc<dyn EventStore>,
        definitions: Definitions<S::Event>,
        nudges: Nudges,
        options: &SagaOptions,
    ) -> Self {
        Self {
            store,
            definitions,
            nudges,
            clock: Arc::clone(&options.clock),
            ids: Arc::clone(&options.ids),
            meter: SagaMeter::new(S::NAME),
        }
    }

    /// Takes in what comes from outside, and gives word of it to the runner of this process.
    pub(super) async fn bring(
        &self,
        id: &InstanceId,
        told: &Told<S::Event>,
    ) -> Result<TakenIn, SagaError> {
        let stream = id.stream(S::NAME)?;
        let mut latest = match told.if_absent {
            // Most likely it is what starts it.
            IfAbsent::Start(_) => Latest::absent(stream),
            IfAbsent::Record | IfAbsent::Pass => self.latest(stream).await?,
        };
        let taken_in = self.take_in(&mut latest, told).await?;
        if latest
            .instance
            .is_some_and(|instance| instance.due().is_some())
        {
            self.nudges.give(id);
        }
        Ok(taken_in)
    }

    /// Takes an input in, unless it was before.
    ///
    /// It is decided on what is known of the instance, and recorded if that is all there is by then.
    /// Otherwise it is decided again; so `latest` may be a guess. Afterwards it is the instance with the
    /// input.
    pub(super) async fn take_in(
        &self,
        latest: &mut Latest,
        told: &Told<S::Event>,
    ) -> Result<TakenIn, SagaError> {
        let stream = latest.stream.clone();
        let append = AppendId::of_key(stream.as_str(), &told.input.key());
        for _ in 0..ATTEMPTS {
            if told.is_for_nobody(latest.instance.as_ref()) {
                return Ok(TakenIn::Passed);
            }
            let event = self.decide(latest, told)?;
            let taken_in = TakenIn::of(&event);
            if self.record(append, latest, told, event).await? {
                return Ok(taken_in);
            }
            let is_recorded = self.store.find_append(append).await?.is_some();
            *latest = self.latest(stream.clone()).await?;
            if is_recorded {
                return Ok(TakenIn::Recorded);
            }
        }
        let attempts = ATTEMPTS;
        Err(SagaError::Contended { stream, attempts })
    }

    /// The instance as it was recorded last, and as it goes on.
    pub(super) async fn latest(&self, stream: StreamId) -> Result<Latest, SagaError> {
        let read = Read::backwards(Source::stream(stream.clone())).limit(1);
        let Some(record) = self.store.read(read).await?.try_next().await? else {
            return Ok(Latest::absent(stream));
        };
        let event = events_of::<SagaEvent>(&record)?.pop();
        let instance = event.and_then(instance_after);
        let instance = instance.map(|instance| self.going_on(&stream, instance));
        Ok(Latest {
            version: record.version,
            instance: instance.transpose()?,
            correlation: record.metadata.correlation,
            event: Some(record.id),
            stream,
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

    /// Whoever watches is told; when an instance is parked, loudly. An input that comes again and meets
    /// its own record at the end of the stream is told of again: nobody counts on the number.
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

    /// Records what an input led to, behind what is known of the instance. False: that is not all there
    /// is, since somebody came first, with this input or another.
    async fn record(
        &self,
        append: AppendId,
        latest: &mut Latest,
        told: &Told<S::Event>,
        event: SagaEvent,
    ) -> Result<bool, SagaError> {
        let metadata = latest.metadata(told);
        let correlation = metadata.correlation.clone();
        let id = EventId::of_append(append, 0);
        let new = event.to_new(id, metadata)?;
        let expected = ExpectedVersion::from(latest.version);
        let appending = Append::to(latest.stream.clone(), expected, vec![new]).with_id(append);
        let version = StreamVersion(latest.version.0 + 1);
        match append_until_confirmed(&*self.store, &*self.ids, appending).await {
            Ok(appended) if appended.version_of(&latest.stream) == Some(version) => {}
            // The same was recorded long ago, or decided on something else.
            Ok(_)
            | Err(
                AppendError::Conflict { .. }
                | AppendError::Invalid(
                    InvalidAppend::AppendIdReused { .. } | InvalidAppend::EventIdReused { .. },
                ),
            ) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        self.tell(&latest.stream, &event);
        latest.version = version;
        latest.correlation = correlation;
        latest.event = Some(id);
        latest.instance = instance_after(event);
        Ok(true)
    }
}

/// How the instance is after an event. `None`: it was never started.
fn instance_after(event: SagaEvent) -> Option<Instance> {
    match event {
        SagaEvent::Reacted { instance, .. } => Some(*instance),
        SagaEvent::Ignored { instance, .. } => instance.map(|instance| *instance),
    }
}
