//! Destinations: what takes messages.

use annals_core::{EffectError, EffectKey};
use async_trait::async_trait;

use crate::cloud_event::CloudEvent;
use crate::mark::Mark;

/// What takes messages: a broker, a URL.
///
/// # Contract
///
/// 1. [`deliver`](Self::deliver) returns `Ok` only once the outside has acknowledged the message, or is
///    known to have it.
/// 2. It may be called again for a message, with the same key and the same [mark](Message::mark), by
///    another process too, at any later time. The outside then takes it for what it has.
/// 3. The messages of a [topic](Message::topic) come in the order of their marks, but for repeats.
/// 4. Its future may be dropped at any point; that is a lost answer.
#[async_trait]
pub trait Destination: Send + Sync + 'static {
    /// Delivers a message.
    ///
    /// # Errors
    /// [`EffectError`] says whether trying again can help.
    async fn deliver(&self, message: &Message, key: EffectKey) -> Result<(), EffectError>;
}

/// One of those that there are, chosen while the service runs.
#[async_trait]
impl<D: Destination + ?Sized> Destination for Box<D> {
    async fn deliver(&self, message: &Message, key: EffectKey) -> Result<(), EffectError> {
        (**self).deliver(message, key).await
    }
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The name of the publication it is of.
    pub publication: &'static str,
    /// Which Redis stream or NATS subject it goes to, and what it stays in order with.
    pub topic: String,
    /// Its place in the order of its topic.
    pub mark: Mark,
    /// What it says.
    pub event: CloudEvent,
}
