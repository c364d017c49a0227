//! Gathering what a subscription has ready into one batch.

use annals_core::{Delivery, Position, ReadError, RecordedEvent, Subscription};
use futures_util::FutureExt;
use tokio::task::unconstrained;

/// What a subscription had ready.
#[derive(Default)]
pub(super) struct Gathered {
    /// The events, in order.
    pub(super) events: Vec<RecordedEvent>,
    /// Up to where these are all.
    pub(super) up_to: Position,
    /// True if that is the end of the store.
    pub(super) caught_up: bool,
    /// What ended the subscription after them.
    pub(super) broken: Option<ReadError>,
}

/// Takes what is ready without waiting, at most `most` events.
///
/// A batch is closed as soon as the subscription would have to wait: a larger one would be
/// cheaper for each event, but late.
pub(super) fn gather(first: Delivery, subscription: &mut Subscription, most: usize) -> Gathered {
    let mut gathered = Gathered::default();
    let mut ready = Some(Ok(first));
    while let Some(delivery) = ready {
        match delivery {
            Ok(Delivery::Event(event)) => {
                gathered.up_to = event.position;
                gathered.events.push(*event);
            }
            Ok(Delivery::CaughtUp(position)) => {
                gathered.up_to = position;
                gathered.caught_up = true;
            }
            Err(error) => gathered.broken = Some(error),
        }
        if gathered.is_closed(most) {
            break;
        }
        // Without the task's budget: to have used it up is not to wait, and `most` is a bound.
        ready = unconstrained(subscription.next()).now_or_never();
    }
    gathered
}

impl Gathered {
    fn is_closed(&self, most: usize) -> bool {
        self.events.len() >= most || self.caught_up || self.broken.is_some()
    }
}
