//! A world outside that writes down what arrives, and fails on demand.

use std::collections::{HashMap, VecDeque};
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use annals_core::payload::{self, Payload};
use annals_core::{
    Effect, EffectError, EffectKey, EffectStart, EncodeError, Event, EventSchema, EventStore,
    PartitionKey, Position, ProjectionBatch, Read, ReadModels, Recorded, RecordedEvent, Source,
};
use annals_embedded::EmbeddedStore;
use annals_runtime::{
    EffectProjector, ParkedEvents, ProjectionHandle, RunnerOptions, UnboundEffect, run_projection,
};
use annals_sqlite::Database;
use async_trait::async_trait;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::ledger::{LONG, Ledger, quick};

/// What the ledger's tests record.
#[derive(Serialize, Deserialize)]
pub(crate) struct Happened {}

impl Event for Happened {
    const SCHEMAS: &'static [EventSchema] = &[EventSchema::new("Happened", "Happened")];

    fn schema(&self) -> &'static EventSchema {
        &Self::SCHEMAS[0]
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(serde_json::to_vec(self)?)
    }

    fn decode(_: &EventSchema, _: u32, payload: Payload<'_>) -> Result<Self, serde_json::Error> {
        payload::read_fields(payload)
    }
}

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The outside does not take it now.
    Busy,
    /// It arrives, and the answer does not.
    Lost,
    /// The outside never takes it.
    Refused,
    /// A mistake in the effect's code.
    Panic,
    /// Nobody ever answers.
    Silence,
    /// It arrives, and time passes.
    After(Duration),
    /// It arrives when so many others had their turn.
    Slow(usize),
    /// It arrives once the gate is open.
    Held,
}

/// The outside.
#[derive(Default)]
pub(crate) struct Outside {
    /// Position and key of each call that was taken, in their order.
    arrived: Mutex<Vec<(u64, EffectKey)>>,
    /// The positions of all calls, in their order.
    called: Mutex<Vec<u64>>,
    /// The next answers for the event at a position.
    answers: Mutex<HashMap<u64, VecDeque<Answer>>>,
    /// The first calls wait until there are so many.
    together: usize,
    /// How many there were so far.
    calls: watch::Sender<usize>,
    /// How many calls there are now, and were at most.
    open: Mutex<(usize, usize)>,
    /// Whether those that are held may go.
    gate: watch::Sender<bool>,
}

impl Outside {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Takes no call before there are so many.
    pub(crate) fn taking_together(together: usize) -> Arc<Self> {
        Arc::new(Self {
            together,
            ..Self::default()
        })
    }

    /// The next calls for the event at a position are answered so.
    pub(crate) fn answer(&self, position: u64, answers: impl IntoIterator<Item = Answer>) {
        let mut all = lock(&self.answers);
        all.entry(position).or_default().extend(answers);
    }

    pub(crate) fn arrived(&self) -> Vec<u64> {
        let arrived = lock(&self.arrived);
        arrived.iter().map(|(position, _)| *position).collect()
    }

    /// The keys that arrived with the event at a position.
    pub(crate) fn keys(&self, position: u64) -> Vec<EffectKey> {
        let arrived = lock(&self.arrived);
        let of_it = arrived.iter().filter(|(at, _)| *at == position);
        of_it.map(|(_, key)| *key).collect()
    }

    pub(crate) fn called(&self) -> Vec<u64> {
        lock(&self.called).clone()
    }

    /// Nothing is refused or delayed any more.
    pub(crate) fn mend(&self) {
        lock(&self.answers).clear();
    }

    /// Lets go what is held.
    pub(crate) fn open_gate(&self) {
        self.gate.send_replace(true);
    }

    /// Waits until there were so many calls since the first.
    pub(crate) async fn until_calls(&self, calls: usize) {
        let mut counted = self.calls.subscribe();
        let enough = counted.wait_for(|counted| *counted >= calls).await;
        enough.expect("its sender is here");
    }

    /// Waits until the event at a position arrived.
    pub(crate) async fn until_arrived(&self, position: u64) {
        let arrived = async {
            while !self.arrived().contains(&position) {
                tokio::task::yield_now().await;
            }
        };
        let arrived = tokio::time::timeout(LONG, arrived).await;
        arrived.unwrap_or_else(|_| panic!("{position} does not arrive: {:?}", self.called()));
    }

    /// How many calls there were at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        lock(&self.open).1
    }

    async fn call(&self, position: u64, key: EffectKey) -> Result<(), EffectError> {
        lock(&self.called).push(position);
        self.count_open();
        self.calls.send_modify(|calls| *calls += 1);
        let mut calls = self.calls.subscribe();
        let enough = calls.wait_for(|calls| *calls >= self.together).await;
        enough.expect("its sender is here");
        // Whoever may call as well does it now.
        tokio::task::yield_now().await;
        lock(&self.open).0 -= 1;
        let answer = lock(&self.answers)
            .get_mut(&position)
            .and_then(VecDeque::pop_front);
        match answer {
            Some(Answer::Slow(turns)) => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            }
            Some(Answer::Held) => {
                let mut gate = self.gate.subscribe();
                let open = gate.wait_for(|is_open| *is_open).await;
                open.expect("its sender is here");
            }
            _ => {}
        }
        let never_arrive = [
            Answer::Busy,
            Answer::Refused,
            Answer::Panic,
            Answer::Silence,
        ];
        if answer.is_none_or(|answer| !never_arrive.contains(&answer)) {
            lock(&self.arrived).push((position, key));
        }
        match answer {
            None | Some(Answer::Slow(_) | Answer::Held) => Ok(()),
            Some(Answer::Busy) => Err(EffectError::transient(Error::other("busy"))),
            Some(Answer::Lost) => {
                let cause = Error::from(ErrorKind::ConnectionReset);
                Err(EffectError::transient(cause))
            }
            Some(Answer::Refused) => Err(EffectError::event(Error::other("refused on demand"))),
            Some(Answer::Panic) => panic!("on demand"),
            Some(Answer::After(time)) => {
                tokio::time::advance(time).await;
                Ok(())
            }
            Some(Answer::Silence) => std::future::pending().await,
        }
    }

    fn count_open(&self) {
        let mut open = lock(&self.open);
        open.0 += 1;
        open.1 = open.1.max(open.0);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics under these locks")
}

/// Declares an effect that calls the outside.
macro_rules! effect {
    ($name:ident, $start:ident, $timeout_ms:literal) => {
        pub(crate) struct $name(Arc<Outside>);

        impl $name {
            pub(crate) fn to(outside: &Arc<Outside>) -> Self {
                Self(Arc::clone(outside))
            }
        }

        #[async_trait]
        impl Effect for $name {
            type Event = Happened;
            const NAME: &'static str = "ledger";
            const CATEGORIES: &'static [&'static str] = &["Account"];
            const START: EffectStart = EffectStart::$start;
            const TIMEOUT: Duration = Duration::from_millis($timeout_ms);

            async fn perform(
                &self,
                event: &Recorded<Happened>,
                key: EffectKey,
            ) -> Result<(), EffectError> {
                self.0.call(event.record.position.0, key).await
            }
        }
    };
}

effect!(Call, Beginning, 20_000);
effect!(CallFromNow, Now, 20_000);
effect!(ImpatientCall, Beginning, 5);

/// Calls for all streams, one after the other.
pub(crate) struct CallInOneLine(pub(crate) Arc<Outside>);

#[async_trait]
impl Effect for CallInOneLine {
    type Event = Happened;
    const NAME: &'static str = "ledger";
    const START: EffectStart = EffectStart::Beginning;

    fn partition(_: &Recorded<Happened>) -> PartitionKey {
        PartitionKey::named("all")
    }

    async fn perform(&self, event: &Recorded<Happened>, key: EffectKey) -> Result<(), EffectError> {
        self.0.call(event.record.position.0, key).await
    }
}

/// All events of a store, as one batch.
pub(crate) async fn all_of(store: &EmbeddedStore) -> ProjectionBatch {
    let events = store.read(Read::forwards(Source::all())).await;
    let events = events.expect("the store answers").try_collect().await;
    let events: Vec<RecordedEvent> = events.expect("the store answers");
    ProjectionBatch {
        after: Position::START,
        up_to: store.head().await.expect("the store answers"),
        events: events.into(),
    }
}

/// Binds an effect to a ledger, of which only the checkpoint is used.
pub(crate) async fn begin<E: Effect>(
    effect: E,
    store: &EmbeddedStore,
    ledger: &Arc<Ledger>,
) -> Arc<EffectProjector<E>> {
    let effect = UnboundEffect::of(effect).with_backoff(quick().backoff);
    let begun = effect.begin(store, Arc::clone(ledger) as _).await;
    Arc::new(begun.expect("store and ledger answer"))
}

/// Binds an effect to a database.
pub(crate) async fn begin_in<E: Effect>(
    effect: UnboundEffect<E>,
    store: &EmbeddedStore,
    database: &Database,
) -> Arc<EffectProjector<E>> {
    let kept = database.projector(effect.fold()).await;
    let begun = effect.begin(store, kept.expect("memory suffices")).await;
    Arc::new(begun.expect("store and database answer"))
}

/// Runs an effect that is kept in a database.
pub(crate) async fn perform_in<E: Effect>(
    effect: E,
    store: &Arc<EmbeddedStore>,
    database: &Database,
) -> (ProjectionHandle, ParkedEvents) {
    let effect = UnboundEffect::of(effect).with_backoff(quick().backoff);
    let effect = begin_in(effect, store, database).await;
    let store = Arc::clone(store) as Arc<dyn EventStore>;
    let parked = ParkedEvents::new(Arc::clone(&store), Arc::clone(&effect) as _);
    let options = RunnerOptions {
        backoff: quick().backoff,
        ..RunnerOptions::for_effect::<E>()
    };
    (run_projection(store, effect, options), parked)
}

/// Runs an effect.
pub(crate) async fn perform<E: Effect>(
    effect: E,
    store: &Arc<EmbeddedStore>,
    ledger: &Arc<Ledger>,
) -> ProjectionHandle {
    let effect = begin(effect, store, ledger).await;
    let options = RunnerOptions {
        backoff: quick().backoff,
        ..RunnerOptions::for_effect::<E>()
    };
    run_projection(Arc::clone(store) as Arc<dyn EventStore>, effect, options)
}
