//! Flaws of subscriptions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use annals_core::{Append, AppendError, Appended, Delivery, EventStore, ReadError, Subscription};
use async_trait::async_trait;
use futures_util::{StreamExt, future, stream};
use tokio::sync::Semaphore;

use super::Flaw;
use crate::model_store::ModelStore;

type Delivered = Result<Delivery, ReadError>;

/// Declares a flaw of `subscribe`.
macro_rules! subscribe_flaw {
    ($(#[$doc:meta])* $name:ident, |$subscription:ident| $body:expr) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(crate) struct $name;

        impl Flaw for $name {
            fn subscribe(&self, $subscription: Subscription) -> Subscription {
                Subscription::new($body)
            }
        }
    };
}

subscribe_flaw! {
    /// Loses the first event after it caught up.
    LosesAnEventGoingLive, |subscription| {
        times_at_the_seam(subscription, 0)
    }
}

subscribe_flaw! {
    /// Delivers the first event after it caught up twice.
    RepeatsAnEventGoingLive, |subscription| {
        times_at_the_seam(subscription, 2)
    }
}

subscribe_flaw! {
    /// Ends after some deliveries, and does not say why.
    EndsInSilence, |subscription| subscription.take(10)
}

subscribe_flaw! {
    /// Delivers what there is, and then nothing more.
    NeverGoesLive, |subscription| {
        let until_caught_up = subscription.scan(false, |caught_up, delivery| {
            let over = std::mem::replace(caught_up, is_mark(&delivery));
            future::ready((!over).then_some(delivery))
        });
        until_caught_up.chain(stream::pending())
    }
}

subscribe_flaw! {
    /// Never says that it caught up.
    NeverSaysItCaughtUp, |subscription| {
        subscription.filter(|delivery| future::ready(!is_mark(delivery)))
    }
}

subscribe_flaw! {
    /// Says that it caught up only after an event.
    SaysNothingWhenNothingMatches, |subscription| {
        let mut after_event = false;
        subscription.filter(move |delivery| {
            let silent = is_mark(delivery) && !after_event;
            after_event = !is_mark(delivery);
            future::ready(!silent)
        })
    }
}

/// Waits for its subscribers once they have a thousand events to take.
pub(crate) struct WaitsForSlowReaders {
    subscribed: AtomicBool,
    room: Arc<Semaphore>,
}

impl Default for WaitsForSlowReaders {
    fn default() -> Self {
        Self {
            subscribed: AtomicBool::new(false),
            room: Arc::new(Semaphore::new(1_000)),
        }
    }
}

#[async_trait]
impl Flaw for WaitsForSlowReaders {
    async fn append(&self, store: &ModelStore, append: Append) -> Result<Appended, AppendError> {
        if self.subscribed.load(Ordering::SeqCst) {
            for _ in append.events() {
                self.room
                    .acquire()
                    .await
                    .expect("it is never closed")
                    .forget();
            }
        }
        store.append(append).await
    }

    fn subscribe(&self, subscription: Subscription) -> Subscription {
        self.subscribed.store(true, Ordering::SeqCst);
        let room = Arc::clone(&self.room);
        Subscription::new(subscription.inspect(move |_| room.add_permits(1)))
    }
}

/// Delivers the first event behind the first mark so many times.
fn times_at_the_seam(
    subscription: Subscription,
    times: usize,
) -> impl futures_util::Stream<Item = Delivered> {
    let (mut caught_up, mut passed) = (false, false);
    subscription.flat_map(move |delivery| {
        let at_seam = caught_up && !passed && !is_mark(&delivery);
        caught_up |= is_mark(&delivery);
        passed |= at_seam;
        stream::iter(vec![delivery; if at_seam { times } else { 1 }])
    })
}

fn is_mark(delivery: &Delivered) -> bool {
    matches!(delivery, Ok(Delivery::CaughtUp(_)))
}
