//! A watch convicts stores whose subscriptions break a promise, each of the promise that it breaks.

#[expect(dead_code, reason = "a watched store is never restarted")]
mod model_store;

use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Append, AppendError, AppendId, Appended, Delivery, EventStore, EventStream, Position, Read,
    ReadError, Source, StoreId, StreamId, StreamVersion, Subscription,
};
use annals_testing::watch::{Broken, Plan, Property, Tally};
use async_trait::async_trait;
use futures_util::{StreamExt, stream};

use model_store::{ModelStore, store_id};

const PLAN: Plan = Plan {
    seed: 3,
    before: 200,
    live: 100,
    rounds: 1,
};

type Delivered = Result<Delivery, ReadError>;

/// How long a watch may wait. The clock of these tests is paused: it jumps there at once when all
/// wait for what never comes.
const LONG: Duration = Duration::from_secs(600);

/// What is wrong with the subscriptions of a store.
#[derive(Clone, Copy)]
enum Flaw {
    None,
    ExchangesTwo,
    Repeats,
    LeavesOneOut,
    ChangesAnEvent,
    MarksEachEvent,
    BeginsTooEarly,
    BeginsTooLate,
    MarksAheadOfEvents,
    MarksThePast,
    IgnoresTheFilter,
    Refuses,
}

/// A model store with a flaw.
struct Flawed {
    store: ModelStore,
    flaw: Flaw,
}

impl Flawed {
    async fn flawed(&self, source: Source) -> Result<Subscription, ReadError> {
        if matches!(self.flaw, Flaw::Refuses) {
            let reason = "it is told to refuse".to_owned();
            return Err(ReadError::Unavailable { reason });
        }
        let right = self
            .store
            .subscribe(asked_instead(self.flaw, source))
            .await?;
        Ok(match self.flaw {
            Flaw::ExchangesTwo => Subscription::new(exchanging_two(right)),
            Flaw::Repeats => each(right, |event, number| match number {
                20 => vec![event.clone(), event],
                _ => vec![event],
            }),
            Flaw::LeavesOneOut => each(right, |event, number| match number {
                20 => Vec::new(),
                _ => vec![event],
            }),
            Flaw::ChangesAnEvent => each(right, |event, number| match event {
                Delivery::Event(mut event) if number == 20 => {
                    event.data = "{}".into();
                    vec![Delivery::Event(event)]
                }
                delivery => vec![delivery],
            }),
            Flaw::MarksEachEvent => each(right, |event, _| vec![event.clone(), mark_at(&event)]),
            Flaw::MarksAheadOfEvents => each(right, |event, _| vec![mark_at(&event), event]),
            Flaw::MarksThePast => each(right, |event, number| match number {
                20 => vec![event, Delivery::CaughtUp(Position::START)],
                _ => vec![event],
            }),
            _ => right,
        })
    }
}

/// Another question than was asked.
fn asked_instead(flaw: Flaw, mut source: Source) -> Source {
    if matches!(flaw, Flaw::IgnoresTheFilter) {
        return match source {
            Source::Query { after, .. } => Source::all_after(after.unwrap_or(Position::START)),
            stream @ Source::Stream { .. } => stream,
        };
    }
    if let Source::Query {
        after: Some(after), ..
    } = &mut source
    {
        match flaw {
            Flaw::BeginsTooEarly => after.0 = after.0.saturating_sub(1),
            Flaw::BeginsTooLate => after.0 += 3,
            _ => {}
        }
    }
    source
}

/// Makes something else of each event, which are numbered from 1.
fn each(right: Subscription, made: fn(Delivery, usize) -> Vec<Delivery>) -> Subscription {
    let mut number = 0;
    Subscription::new(right.flat_map(move |delivered: Delivered| {
        let delivered = match delivered {
            Ok(delivery @ Delivery::Event(_)) => {
                number += 1;
                made(delivery, number).into_iter().map(Ok).collect()
            }
            other => vec![other],
        };
        stream::iter(delivered)
    }))
}

/// Delivers the first two events the other way round.
fn exchanging_two(right: Subscription) -> impl stream::Stream<Item = Delivered> {
    let pairs = right.chunks(2).enumerate();
    pairs.flat_map(|(number, mut pair)| {
        if number == 0 {
            pair.reverse();
        }
        stream::iter(pair)
    })
}

fn mark_at(event: &Delivery) -> Delivery {
    match event {
        Delivery::Event(event) => Delivery::CaughtUp(event.position),
        Delivery::CaughtUp(position) => Delivery::CaughtUp(*position),
    }
}

#[async_trait]
impl EventStore for Flawed {
    fn id(&self) -> StoreId {
        self.store.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.store.append(append).await
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.store.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.store.read(read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        self.flawed(source).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.store.stream_version(stream).await
    }
}

async fn watched(flaw: Flaw) -> Result<Tally, Broken> {
    let store = ModelStore::new(store_id(0));
    let watching = PLAN.carry_out(Arc::new(Flawed { store, flaw }));
    let seen = tokio::time::timeout(LONG, watching).await;
    seen.expect("a watch comes to an end")
}

/// Declares a test for each flaw.
macro_rules! convictions {
    ($($test:ident: $flaw:ident is not $property:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            let broken = watched(Flaw::$flaw).await.expect_err("the flaw shows");
            assert_eq!(broken.property, Property::$property, "{broken}");
        }
    )+};
}

convictions! {
    two_events_that_are_exchanged_are_noticed: ExchangesTwo is not Ordered;
    an_event_that_comes_twice_is_noticed: Repeats is not Unique;
    an_event_that_is_left_out_is_noticed: LeavesOneOut is not Reliable;
    an_event_that_is_changed_is_noticed: ChangesAnEvent is not Reliable;
    a_mark_amid_an_append_is_noticed: MarksEachEvent is not Atomic;
    a_watch_resumed_too_early_is_noticed: BeginsTooEarly is not Resumable;
    a_watch_resumed_too_late_is_noticed: BeginsTooLate is not Resumable;
    a_mark_ahead_of_its_events_is_noticed: MarksAheadOfEvents is not Bookmarkable;
    a_mark_in_the_past_is_noticed: MarksThePast is not Bookmarkable;
    an_event_that_was_not_asked_for_is_noticed: IgnoresTheFilter is not Filterable;
}

#[tokio::test(start_paused = true)]
async fn a_store_without_a_flaw_is_not_convicted() {
    let tally = watched(Flaw::None).await.expect("nothing is wrong");
    assert_eq!(tally.watchers, 21);
    assert!(tally.live > 0 && tally.resumed > 0, "{tally:?}");
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "a subscription was refused")]
async fn a_store_that_refuses_a_subscription_ends_the_watch() {
    let _ = watched(Flaw::Refuses).await;
}
