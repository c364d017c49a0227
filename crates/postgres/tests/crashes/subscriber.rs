//! A subscriber that follows the store through every crash.

use std::sync::Arc;

use annals_core::{Delivery, EventStore, Position, RecordedEvent, Source};
use tokio::sync::watch;

/// Everything that was ever delivered, in order.
pub(crate) struct Subscriber {
    delivered: watch::Receiver<Vec<RecordedEvent>>,
}

impl Subscriber {
    /// Follows a store from the beginning. Whenever an error ends its subscription, it waits until
    /// the store is up and subscribes again.
    pub(crate) fn start(store: Arc<dyn EventStore>, is_up: watch::Receiver<bool>) -> Self {
        let (deliveries, delivered) = watch::channel(Vec::new());
        tokio::spawn(follow(store, is_up, deliveries));
        Self { delivered }
    }

    /// What was delivered, once it is so many events.
    pub(crate) async fn delivered(&mut self, events: usize) -> Vec<RecordedEvent> {
        let delivered = self
            .delivered
            .wait_for(|delivered| delivered.len() >= events);
        delivered.await.unwrap().clone()
    }
}

async fn follow(
    store: Arc<dyn EventStore>,
    mut is_up: watch::Receiver<bool>,
    deliveries: watch::Sender<Vec<RecordedEvent>>,
) {
    while is_up.wait_for(|is_up| *is_up).await.is_ok() {
        let last = deliveries
            .borrow()
            .last()
            .map_or(Position::START, |event| event.position);
        let Ok(mut subscription) = store.subscribe(Source::all_after(last)).await else {
            continue;
        };
        while let Ok(delivery) = subscription.next().await {
            if let Delivery::Event(event) = delivery {
                deliveries.send_modify(|delivered| delivered.push(*event));
            }
        }
    }
}
