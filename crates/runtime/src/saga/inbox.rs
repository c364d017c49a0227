//! The inbox of a saga: events are brought to the instances they are for, in order, each once.

use annals_core::{
    AppendError, Effect, EffectError, EffectKey, EffectStart, Input, InstanceId, Metadata,
    PartitionKey, Query, ReadError, Recorded, Route, Saga, SagaInput,
};
use async_trait::async_trait;

use super::SagaError;
use super::journal::Journal;
use super::told::{IfAbsent, Told};

/// Brings the instances of a saga the events that are for them.
///
/// It is an [`Effect`], and runs as one: partitioned by instance, under a lease, and with a checkpoint
/// beside the read models. An event that an instance cannot take in is parked, with those behind it
/// that are for the same instance.
pub struct Inbox<S: Saga>(pub(super) Journal<S>);

#[async_trait]
impl<S: Saga> Effect for Inbox<S> {
    type Event = S::Event;
    const NAME: &'static str = S::NAME;
    const CATEGORIES: &'static [&'static str] = S::CATEGORIES;
    const START: EffectStart = S::START;
    /// Each is one append: so many share the store's writes.
    const CONCURRENCY: usize = 64;

    fn partition(event: &Recorded<S::Event>) -> PartitionKey {
        match routed::<S>(event) {
            Some((instance, _)) => PartitionKey::named(instance.as_str()),
            None => PartitionKey::of_stream(&event.record.stream),
        }
    }

    async fn perform(&self, event: &Recorded<S::Event>, _: EffectKey) -> Result<(), EffectError> {
        let Some((instance, if_absent)) = routed::<S>(event) else {
            return Ok(());
        };
        let told = told(event, if_absent);
        // What changes nothing is recorded too, and is no failure.
        let taken_in = self.0.bring(&instance, &told).await;
        taken_in.map(drop).map_err(as_effect_error)
    }

    fn query() -> Query {
        S::query()
    }
}

fn routed<S: Saga>(event: &Recorded<S::Event>) -> Option<(InstanceId, IfAbsent)> {
    match S::route(event) {
        Route::Start(instance) => Some((instance, IfAbsent::Start(event.record.position))),
        Route::Continue(instance) => Some((instance, IfAbsent::Record)),
        Route::ContinueIfThere(instance) => Some((instance, IfAbsent::Pass)),
        Route::Nobody => None,
    }
}

fn told<E: Clone>(event: &Recorded<E>, if_absent: IfAbsent) -> Told<E> {
    let record = &event.record;
    Told {
        input: SagaInput::Event {
            position: record.position,
            id: record.id,
            part: event.part,
            event_type: record.event_type.clone(),
        },
        to_saga: Some(Input::Event(Box::new(event.clone()))),
        if_absent,
        metadata: Metadata {
            correlation: record.metadata.correlation.clone(),
            causation: Some(record.id.to_string()),
            ..Metadata::default()
        },
    }
}

/// Whether it helps to bring the event again.
fn as_effect_error(error: SagaError) -> EffectError {
    match error {
        SagaError::Store(AppendError::Invalid(_)) => EffectError::event(error),
        SagaError::Read(ReadError::Unavailable { .. })
        | SagaError::Store(_)
        | SagaError::Contended { .. } => EffectError::transient(error),
        error => EffectError::event(error),
    }
}
