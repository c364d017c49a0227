//! A subscription under test: every delivery in time and in order.

use annals_core::{Delivery, Position, RecordedEvent, Subscription};

use super::subject::in_time;

/// A subscription, and how far it has come.
pub(super) struct Follower {
    subscription: Subscription,
    /// The last event, or what was marked as delivered: nothing up to here may come again.
    seen: Position,
}

impl Follower {
    pub(super) fn new(subscription: Subscription) -> Self {
        let seen = Position::START;
        Self { subscription, seen }
    }

    /// The next delivery.
    pub(super) async fn next(&mut self) -> Delivery {
        let delivery = match in_time("a delivery", self.subscription.next()).await {
            Ok(delivery) => delivery,
            Err(error) => panic!("a subscription ended: {error}"),
        };
        self.note(&delivery);
        delivery
    }

    /// The next event; marks before it are passed over.
    pub(super) async fn next_event(&mut self) -> RecordedEvent {
        loop {
            if let Delivery::Event(event) = self.next().await {
                return *event;
            }
        }
    }

    /// Every event up to a mark at `position` or later.
    pub(super) async fn until(&mut self, position: Position) -> Vec<RecordedEvent> {
        let mut events = Vec::new();
        loop {
            match self.next().await {
                Delivery::Event(event) => events.push(*event),
                Delivery::CaughtUp(mark) if mark >= position => return events,
                Delivery::CaughtUp(_) => {}
            }
        }
    }

    fn note(&mut self, delivery: &Delivery) {
        let seen = self.seen;
        self.seen = match delivery {
            Delivery::Event(event) => {
                let position = event.position;
                assert!(position > seen, "event {position} came after {seen}");
                position
            }
            Delivery::CaughtUp(mark) => {
                assert!(*mark >= seen, "a mark at {mark} came after {seen}");
                *mark
            }
        };
    }
}
