//! Subscriptions: reading on as events are recorded.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::error::ReadError;
use crate::event::RecordedEvent;
use crate::position::Position;

/// What a subscription delivers.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// The next event that was asked for.
    Event(Box<RecordedEvent>),
    /// Everything up to this position has been delivered, or was not asked for.
    ///
    /// Comes whenever the subscription has reached the end of the store, and again after each
    /// time the store moved on, also when nothing of that was asked for.
    CaughtUp(Position),
}

/// Deliveries without end. An error is an item and ends it; dropping it cancels it.
pub struct Subscription {
    deliveries: Pin<Box<dyn Stream<Item = Result<Delivery, ReadError>> + Send>>,
}

impl Subscription {
    /// A subscription that delivers from a stream.
    pub fn new(
        deliveries: impl Stream<Item = Result<Delivery, ReadError>> + Send + 'static,
    ) -> Self {
        let deliveries = Box::pin(deliveries);
        Self { deliveries }
    }

    /// Waits for the next delivery.
    ///
    /// # Errors
    /// [`ReadError`]: the subscription is over. Subscribe again after the last position seen.
    pub async fn next(&mut self) -> Result<Delivery, ReadError> {
        let delivery = std::future::poll_fn(|cx| self.deliveries.as_mut().poll_next(cx)).await;
        // A stream that ends breaks the store's contract; silence must not hide that.
        delivery.unwrap_or_else(|| {
            Err(ReadError::Unavailable {
                reason: "the subscription ended without saying why".to_owned(),
            })
        })
    }
}

impl Stream for Subscription {
    type Item = Result<Delivery, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.deliveries.as_mut().poll_next(cx)
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}
